/* winchannel.c - Windows' event channels as Sigma's log sources (service), by the channel's own
 * name. */
#include "parsers/winevent.h"

static const struct {
	const char *channel;
	enum logsource logsource;
} channels[] = {
	{"DNS Server", LOGSOURCE_WIN_DNS_SERVER},
	{"MSExchange Management", LOGSOURCE_WIN_EXCHANGE},
	{"Microsoft-IIS-Configuration/Operational", LOGSOURCE_WIN_IIS_CONFIGURATION},
	{"Microsoft-ServiceBus-Client/Admin", LOGSOURCE_WIN_SERVICE_BUS},
	{"Microsoft-ServiceBus-Client/Operational", LOGSOURCE_WIN_SERVICE_BUS},
	{"Microsoft-Windows-AAD/Operational", LOGSOURCE_WIN_AAD},
	{"Microsoft-Windows-AppLocker/EXE and DLL", LOGSOURCE_WIN_APPLOCKER},
	{"Microsoft-Windows-AppLocker/MSI and Script", LOGSOURCE_WIN_APPLOCKER},
	{"Microsoft-Windows-AppLocker/Packaged app-Deployment", LOGSOURCE_WIN_APPLOCKER},
	{"Microsoft-Windows-AppLocker/Packaged app-Execution", LOGSOURCE_WIN_APPLOCKER},
	{"Microsoft-Windows-AppModel-Runtime/Admin", LOGSOURCE_WIN_APPMODEL},
	{"Microsoft-Windows-AppXDeploymentServer/Operational", LOGSOURCE_WIN_APPX_DEPLOYMENT},
	{"Microsoft-Windows-AppxPackaging/Operational", LOGSOURCE_WIN_APPX_PACKAGING},
	{"Microsoft-Windows-BitLocker/BitLocker Management", LOGSOURCE_WIN_BITLOCKER},
	{"Microsoft-Windows-Bits-Client/Operational", LOGSOURCE_WIN_BITS},
	{"Microsoft-Windows-CAPI2/Operational", LOGSOURCE_WIN_CAPI2},
	{"Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
		LOGSOURCE_WIN_CERTIFICATES},
	{"Microsoft-Windows-CodeIntegrity/Operational", LOGSOURCE_WIN_CODE_INTEGRITY},
	{"Microsoft-Windows-DHCP-Server/Operational", LOGSOURCE_WIN_DHCP_SERVER},
	{"Microsoft-Windows-DNS Client Events/Operational", LOGSOURCE_WIN_DNS_CLIENT},
	{"Microsoft-Windows-DNS-Server/Analytical", LOGSOURCE_WIN_DNS_ANALYTIC},
	{"Microsoft-Windows-DNS-Server/Audit", LOGSOURCE_WIN_DNS_AUDIT},
	{"Microsoft-Windows-Diagnosis-Scripted/Operational", LOGSOURCE_WIN_DIAGNOSIS},
	{"Microsoft-Windows-DriverFrameworks-UserMode/Operational", LOGSOURCE_WIN_DRIVER_FRAMEWORK},
	{"Microsoft-Windows-LDAP-Client/Debug", LOGSOURCE_WIN_LDAP},
	{"Microsoft-Windows-LSA/Operational", LOGSOURCE_WIN_LSA},
	{"Microsoft-Windows-NTLM/Operational", LOGSOURCE_WIN_NTLM},
	{"Microsoft-Windows-PrintService/Admin", LOGSOURCE_WIN_PRINT_ADMIN},
	{"Microsoft-Windows-PrintService/Operational", LOGSOURCE_WIN_PRINT},
	{"Microsoft-Windows-SMBServer/Connectivity", LOGSOURCE_WIN_SMB_SERVER},
	{"Microsoft-Windows-Security-Mitigations/KernelMode", LOGSOURCE_WIN_MITIGATIONS},
	{"Microsoft-Windows-Security-Mitigations/UserMode", LOGSOURCE_WIN_MITIGATIONS},
	{"Microsoft-Windows-Shell-Core/Operational", LOGSOURCE_WIN_SHELL},
	{"Microsoft-Windows-SmbClient/Connectivity", LOGSOURCE_WIN_SMB_CLIENT},
	{"Microsoft-Windows-SmbClient/Security", LOGSOURCE_WIN_SMB_CLIENT_SECURITY},
	{"Microsoft-Windows-TaskScheduler/Operational", LOGSOURCE_WIN_TASKS},
	{"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
		LOGSOURCE_WIN_SESSIONS},
	{"Microsoft-Windows-VHDMP/Operational", LOGSOURCE_WIN_VHDMP},
	{"Microsoft-Windows-WMI-Activity/Operational", LOGSOURCE_WIN_WMI_ACTIVITY},
	{"Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
		LOGSOURCE_WIN_FIREWALL},
	{"OpenSSH/Operational", LOGSOURCE_WIN_OPENSSH},
};

enum logsource
win_channel_logsource(struct str channel)
{
	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
		if (str_eq_nocase(channel, str_of(channels[i].channel)))
			return channels[i].logsource;
	return LOGSOURCE_WIN_OTHER;
}
