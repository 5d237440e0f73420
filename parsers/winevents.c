/*
 * winevents.c - event numbers and what they mean: Sysmon, the Security log, System, PowerShell,
 * Defender. Words for event.action where Winlogbeat has one are Winlogbeat's.
 */
#include "parsers/winevent.h"

#define SEC(id, action, category, type, outcome, flags)                                            \
	{                                                                                          \
		WIN_SECURITY, id, action, category, type, outcome, LOGSOURCE_WIN_SECURITY, flags   \
	}
#define SYS(id, action, category, type, outcome)                                                   \
	{                                                                                          \
		WIN_SYSTEM, id, action, category, type, outcome, LOGSOURCE_WIN_SYSTEM, 0           \
	}
#define MON(id, action, category, type, source, flags)                                             \
	{                                                                                          \
		WIN_SYSMON, id, action, category, type, "success", LOGSOURCE_SYSMON_##source,      \
			flags                                                                      \
	}
#define PSH(id, action, source)                                                                    \
	{                                                                                          \
		WIN_POWERSHELL, id, action, "process", "info", NULL,                               \
			LOGSOURCE_WIN_POWERSHELL##source, 0                                        \
	}
#define PSC(id, action, type, source)                                                              \
	{                                                                                          \
		WIN_POWERSHELL_CLASSIC, id, action, "process", type, NULL, source, 0               \
	}
#define DEF(id, action, category, type)                                                            \
	{                                                                                          \
		WIN_DEFENDER, id, action, category, type, NULL, LOGSOURCE_WIN_DEFENDER, 0          \
	}
#define TRM(id, action, category, type, outcome)                                                   \
	{                                                                                          \
		WIN_SESSIONS, id, action, category, type, outcome, LOGSOURCE_WIN_OTHER, 0          \
	}
#define TSK(id, action, category, type, outcome)                                                   \
	{                                                                                          \
		WIN_TASKS, id, action, category, type, outcome, LOGSOURCE_WIN_TASKS, 0             \
	}
#define APL(id, action, type, outcome)                                                             \
	{                                                                                          \
		WIN_APPLOCKER, id, action, "process", type, outcome, LOGSOURCE_WIN_APPLOCKER, 0    \
	}
#define BCK(id, action, type, outcome)                                                             \
	{                                                                                          \
		WIN_BACKUP, id, action, "host", type, outcome, LOGSOURCE_WIN_OTHER, 0              \
	}
#define USER   TARGET_IS_USER
#define OBJECT TARGET_IS_OBJECT
#define GROUP  TARGET_IS_GROUP

/* In order of (source, id). */
static const struct win_event events[] = {
	MON(1, "process-created", "process", "start", PROCESS_CREATION, 0),
	MON(2, "file-creation-time-changed", "file", "change", FILE_CHANGE, 0),
	MON(3, "network-connection", "network", "connection start", NETWORK, 0),
	MON(4, "sysmon-state-changed", "process", "change", STATUS, 0),
	MON(5, "process-terminated", "process", "end", PROCESS_END, 0),
	MON(6, "driver-loaded", "driver", "start", DRIVER, FILE_HASH),
	MON(7, "image-loaded", "library process", "start", IMAGE_LOAD, FILE_HASH),
	MON(8, "remote-thread-created", "process", "change", REMOTE_THREAD, 0),
	MON(9, "raw-disk-read", "process", "access", RAW_ACCESS, 0),
	MON(10, "process-accessed", "process", "access", PROCESS_ACCESS, 0),
	MON(11, "file-created", "file", "creation", FILE_EVENT, FILE_HASH),
	MON(12, "registry-object-added-or-deleted", "registry configuration", "change",
		REGISTRY_ADD, 0),
	MON(13, "registry-value-set", "registry configuration", "change", REGISTRY_SET, 0),
	MON(14, "registry-object-renamed", "registry configuration", "change", REGISTRY_RENAME, 0),
	MON(15, "file-stream-created", "file", "creation", STREAM_HASH, FILE_HASH),
	MON(16, "sysmon-configuration-changed", "configuration", "change", STATUS, 0),
	MON(17, "pipe-created", "file", "creation", PIPE, 0),
	MON(18, "pipe-connected", "file", "access", PIPE, 0),
	MON(19, "wmi-filter", "process", "creation", WMI, 0),
	MON(20, "wmi-consumer", "process", "creation", WMI, 0),
	MON(21, "wmi-binding", "process", "creation", WMI, 0),
	MON(22, "dns-query", "network", "protocol", DNS, 0),
	MON(23, "file-deleted", "file", "deletion", FILE_DELETE, FILE_HASH),
	MON(24, "clipboard-changed", "process", "change", CLIPBOARD, FILE_HASH),
	MON(25, "process-tampered", "process", "change", TAMPERING, 0),
	MON(26, "file-delete-detected", "file", "deletion", FILE_DELETE, FILE_HASH),
	MON(27, "executable-blocked", "file", "denied creation", FILE_BLOCK, FILE_HASH),
	MON(28, "shredding-blocked", "file", "denied deletion", FILE_BLOCK, FILE_HASH),
	MON(29, "executable-detected", "file", "creation", FILE_EXECUTABLE, FILE_HASH),
	MON(255, "sysmon-error", "process", "error", ERROR, 0),

	SEC(1100, "logging-service-shutdown", "process", "end", "success", 0),
	SEC(1102, "audit-log-cleared", "iam", "admin change", "success", 0),
	SEC(1104, "logging-full", "iam", "admin", "success", 0),
	SEC(1105, "auditlog-archieved", "iam", "admin", "success", 0),
	SEC(1200, "adfs-token-issued", "authentication", "start", "success", 0),
	SEC(1201, "adfs-token-failed", "authentication", "start", "failure", 0),
	SEC(1202, "adfs-credential-validated", "authentication", "start", "success", 0),
	SEC(1203, "adfs-credential-failed", "authentication", "start", "failure", 0),
	SEC(1204, "adfs-password-changed", "iam", "user change", "success", 0),
	SEC(1205, "adfs-password-change-failed", "iam", "user change", "failure", 0),
	SEC(1206, "adfs-signed-out", "authentication", "end", "success", 0),
	SEC(1207, "adfs-sign-out-failed", "authentication", "end", "failure", 0),
	SEC(4616, "system-time-changed", "configuration", "change", NULL, 0),
	SEC(4624, "logged-in", "authentication", "start", "success", USER | ADDRESS_OF_USER),
	SEC(4625, "logon-failed", "authentication", "start", "failure", USER),
	SEC(4634, "logged-out", "authentication", "end", "success", USER),
	SEC(4647, "logged-out", "authentication", "end", "success", USER),
	SEC(4648, "logged-in-explicit", "authentication", "start", "success", OBJECT),
	SEC(4649, "replay-attack-detected", "authentication", "info", "failure", USER),
	SEC(4656, "object-handle-requested", "file", "access", NULL, 0),
	SEC(4657, "registry-value-modified", "registry configuration", "change", NULL, 0),
	SEC(4658, "object-handle-closed", "file", "access", NULL, 0),
	SEC(4660, "object-deleted", "file", "deletion", NULL, 0),
	SEC(4661, "object-handle-requested", "iam", "access", NULL, 0),
	SEC(4662, "object-operation-performed", "iam", "access", NULL, 0),
	SEC(4663, "object-access-attempted", "file", "access", NULL, 0),
	SEC(4664, "hard-link-created", "file", "creation", NULL, 0),
	SEC(4670, "permissions-changed", "iam configuration", "admin change", NULL, 0),
	SEC(4672, "logged-in-special", "iam", "admin", NULL, 0),
	SEC(4673, "privileged-service-called", "iam", "admin", NULL, 0),
	SEC(4674, "privileged-operation", "iam", "admin", NULL, 0),
	{WIN_SECURITY, 4688, "created-process", "process", "start", "success",
		LOGSOURCE_WIN_PROCESS_CREATION, OBJECT},
	SEC(4689, "exited-process", "process", "end", "success", 0),
	SEC(4690, "object-handle-duplicated", "file", "access", NULL, 0),
	SEC(4696, "primary-token-assigned", "process", "change", NULL, OBJECT),
	SEC(4697, "service-installed", "iam configuration", "admin change", NULL, 0),
	SEC(4698, "scheduled-task-created", "iam configuration", "admin creation", NULL, 0),
	SEC(4699, "scheduled-task-deleted", "iam configuration", "admin deletion", NULL, 0),
	SEC(4700, "scheduled-task-enabled", "iam configuration", "admin change", NULL, 0),
	SEC(4701, "scheduled-task-disabled", "iam configuration", "admin change", NULL, 0),
	SEC(4702, "scheduled-task-updated", "iam configuration", "admin change", NULL, 0),
	SEC(4703, "user-right-adjusted", "iam", "admin change", NULL, OBJECT),
	SEC(4704, "user-right-assigned", "iam configuration", "admin change", NULL, 0),
	SEC(4705, "user-right-removed", "iam configuration", "admin change", NULL, 0),
	SEC(4706, "domain-trust-added", "configuration", "creation", NULL, 0),
	SEC(4707, "domain-trust-removed", "configuration", "deletion", NULL, 0),
	SEC(4713, "kerberos-policy-changed", "configuration", "change", NULL, 0),
	SEC(4716, "trusted-domain-information-changed", "configuration", "change", NULL, 0),
	SEC(4717, "system-security-access-granted", "iam configuration", "admin change", NULL, 0),
	SEC(4718, "system-security-access-removed", "iam configuration", "admin change", NULL, 0),
	SEC(4719, "changed-audit-config", "iam configuration", "admin change", NULL, 0),
	SEC(4720, "added-user-account", "iam", "user creation", NULL, OBJECT),
	SEC(4722, "enabled-user-account", "iam", "user change", NULL, OBJECT),
	SEC(4723, "changed-password", "iam", "user change", NULL, OBJECT),
	SEC(4724, "reset-password", "iam", "user change", NULL, OBJECT),
	SEC(4725, "disabled-user-account", "iam", "user deletion", NULL, OBJECT),
	SEC(4726, "deleted-user-account", "iam", "user deletion", NULL, OBJECT),
	SEC(4727, "added-group-account", "iam", "group creation", NULL, GROUP),
	SEC(4728, "added-member-to-group", "iam", "group change", NULL, GROUP),
	SEC(4729, "removed-member-from-group", "iam", "group change", NULL, GROUP),
	SEC(4730, "deleted-group-account", "iam", "group deletion", NULL, GROUP),
	SEC(4731, "added-group-account", "iam", "group creation", NULL, GROUP),
	SEC(4732, "added-member-to-group", "iam", "group change", NULL, GROUP),
	SEC(4733, "removed-member-from-group", "iam", "group change", NULL, GROUP),
	SEC(4734, "deleted-group-account", "iam", "group deletion", NULL, GROUP),
	SEC(4735, "modified-group-account", "iam", "group change", NULL, GROUP),
	SEC(4737, "modified-group-account", "iam", "group change", NULL, GROUP),
	SEC(4738, "modified-user-account", "iam", "user change", NULL, OBJECT),
	SEC(4739, "domain-policy-changed", "iam configuration", "admin change", NULL, 0),
	SEC(4740, "locked-out-user-account", "iam", "user change", NULL, OBJECT),
	SEC(4741, "added-computer-account", "iam", "user creation", NULL, OBJECT),
	SEC(4742, "changed-computer-account", "iam", "user change", NULL, OBJECT),
	SEC(4743, "deleted-computer-account", "iam", "user deletion", NULL, OBJECT),
	SEC(4744, "added-distribution-group-account", "iam", "group creation", NULL, GROUP),
	SEC(4745, "changed-distribution-group-account", "iam", "group change", NULL, GROUP),
	SEC(4746, "added-member-to-distribution-group", "iam", "group change", NULL, GROUP),
	SEC(4747, "removed-member-from-distribution-group", "iam", "group change", NULL, GROUP),
	SEC(4748, "deleted-distribution-group-account", "iam", "group deletion", NULL, GROUP),
	SEC(4749, "added-distribution-group-account", "iam", "group creation", NULL, GROUP),
	SEC(4750, "changed-distribution-group-account", "iam", "group change", NULL, GROUP),
	SEC(4751, "added-member-to-distribution-group", "iam", "group change", NULL, GROUP),
	SEC(4752, "removed-member-from-distribution-group", "iam", "group change", NULL, GROUP),
	SEC(4753, "deleted-distribution-group-account", "iam", "group deletion", NULL, GROUP),
	SEC(4754, "added-group-account", "iam", "group creation", NULL, GROUP),
	SEC(4755, "modified-group-account", "iam", "group change", NULL, GROUP),
	SEC(4756, "added-member-to-group", "iam", "group change", NULL, GROUP),
	SEC(4757, "removed-member-from-group", "iam", "group change", NULL, GROUP),
	SEC(4758, "deleted-group-account", "iam", "group deletion", NULL, GROUP),
	SEC(4764, "type-changed-group-account", "iam", "group change", NULL, GROUP),
	SEC(4765, "sid-history-added", "iam", "user change", NULL, OBJECT),
	SEC(4766, "sid-history-add-attempted", "iam", "user change", NULL, OBJECT),
	SEC(4767, "unlocked-user-account", "iam", "user change", NULL, OBJECT),
	SEC(4768, "kerberos-authentication-ticket-requested", "authentication", "start", NULL,
		USER | OUTCOME_BY_STATUS | ADDRESS_OF_USER),
	SEC(4769, "kerberos-service-ticket-requested", "authentication", "start", NULL,
		USER | OUTCOME_BY_STATUS),
	SEC(4770, "kerberos-service-ticket-renewed", "authentication", "start", NULL, USER),
	SEC(4771, "kerberos-preauth-failed", "authentication", "start", "failure", USER),
	SEC(4776, "credential-validated", "authentication", "start", NULL,
		USER | OUTCOME_BY_STATUS),
	SEC(4778, "session-reconnected", "authentication session", "start", "success", 0),
	SEC(4779, "session-disconnected", "authentication session", "end", "success", 0),
	SEC(4781, "renamed-user-account", "iam", "user change", NULL, OBJECT),
	SEC(4793, "password-policy-checking-called", "iam", "user info", NULL, OBJECT),
	SEC(4794, "dsrm-password-set-attempted", "iam", "admin change", NULL, 0),
	SEC(4798, "group-membership-enumerated", "iam", "user info", NULL, OBJECT),
	SEC(4799, "user-member-enumerated", "iam", "group info", NULL, GROUP),
	SEC(4800, "workstation-locked", "session", "end", "success", USER),
	SEC(4801, "workstation-unlocked", "session", "start", "success", USER),
	SEC(4802, "screensaver-invoked", "session", "info", "success", USER),
	SEC(4803, "screensaver-dismissed", "session", "info", "success", USER),
	SEC(4825, "remote-desktop-denied", "authentication", "start denied", "failure", 0),
	SEC(4886, "certificate-requested", "iam", "info", NULL, 0),
	SEC(4887, "certificate-issued", "iam", "creation", "success", 0),
	SEC(4888, "certificate-request-denied", "iam", "denied", "failure", 0),
	SEC(4964, "logged-in-special", "authentication iam", "admin start group", NULL, OBJECT),
	SEC(5058, "key-file-operation", "file", "access", NULL, 0),
	SEC(5059, "key-migration-operation", "file", "access", NULL, 0),
	SEC(5061, "cryptographic-operation", "file", "access", NULL, 0),
	SEC(5136, "directory-service-object-modified", "iam", "change", NULL, 0),
	SEC(5137, "directory-service-object-created", "iam", "creation", NULL, 0),
	SEC(5138, "directory-service-object-undeleted", "iam", "creation", NULL, 0),
	SEC(5139, "directory-service-object-moved", "iam", "change", NULL, 0),
	SEC(5140, "network-share-object-accessed", "file network", "access", NULL, 0),
	SEC(5141, "directory-service-object-deleted", "iam", "deletion", NULL, 0),
	SEC(5142, "network-share-object-added", "file network", "creation", NULL, 0),
	SEC(5143, "network-share-object-modified", "file network", "change", NULL, 0),
	SEC(5144, "network-share-object-deleted", "file network", "deletion", NULL, 0),
	SEC(5145, "network-share-object-access-checked", "file network", "access", NULL, 0),
	SEC(5152, "windows-firewall-packet-block", "network", "denied", "failure", 0),
	SEC(5154, "windows-firewall-listen-permit", "network", "allowed", "success", 0),
	SEC(5155, "windows-firewall-listen-block", "network", "denied", "failure", 0),
	SEC(5156, "windows-firewall-connection", "network", "connection start allowed", "success",
		0),
	SEC(5157, "windows-firewall-connection-block", "network", "connection denied", "failure",
		0),
	SEC(5158, "windows-firewall-bind-permit", "network", "allowed", "success", 0),
	SEC(5159, "windows-firewall-bind-block", "network", "denied", "failure", 0),

	SEC(6272, "network-access-granted", "authentication network", "start allowed", "success",
		0),
	SEC(6273, "network-access-denied", "authentication network", "start denied", "failure", 0),
	SEC(6274, "network-access-discarded", "authentication network", "start denied", "failure",
		0),
	SEC(6278, "network-access-full-granted", "authentication network", "start allowed",
		"success", 0),
	SEC(6279, "radius-account-locked", "iam", "user change", "failure", 0),

	SYS(104, "event-log-cleared", "iam", "admin change", "success"),
	SYS(7030, "service-misconfigured", "configuration", "error", NULL),
	SYS(7034, "service-terminated-unexpectedly", "process", "end error", "failure"),
	SYS(7036, "service-state-changed", "process", "change", "success"),
	SYS(7040, "service-start-type-changed", "configuration", "change", "success"),
	SYS(7045, "service-installed", "iam configuration", "admin creation", "success"),

	PSH(4100, "error-raised", ),
	PSH(4103, "pipeline-executed", _MODULE),
	PSH(4104, "script-block-executed", _SCRIPT),
	PSH(4105, "script-block-started", _SCRIPT),
	PSH(4106, "script-block-stopped", _SCRIPT),
	PSC(400, "engine-started", "start", LOGSOURCE_WIN_POWERSHELL_CLASSIC),
	PSC(403, "engine-stopped", "end", LOGSOURCE_WIN_POWERSHELL_CLASSIC),
	PSC(600, "provider-started", "info", LOGSOURCE_WIN_POWERSHELL_CLASSIC),
	PSC(800, "pipeline-executed", "info", LOGSOURCE_WIN_POWERSHELL_CLASSIC),

	DEF(1006, "malware-detected", "malware", "info"),
	DEF(1007, "malware-action-taken", "malware", "info"),
	DEF(1008, "malware-action-failed", "malware", "error"),
	DEF(1009, "malware-restored", "malware", "info"),
	DEF(1010, "malware-restore-failed", "malware", "error"),
	DEF(1011, "malware-deleted", "malware", "info"),
	DEF(1012, "malware-delete-failed", "malware", "error"),
	DEF(1013, "malware-history-deleted", "malware", "info"),
	DEF(1015, "suspicious-behavior-detected", "malware", "info"),
	DEF(1116, "malware-detected", "malware", "info"),
	DEF(1117, "malware-action-taken", "malware", "info"),
	DEF(1118, "malware-action-failed", "malware", "error"),
	DEF(1119, "malware-action-failed", "malware", "error"),
	DEF(1120, "malware-hashes-deduced", "malware", "info"),
	DEF(1121, "attack-surface-rule-blocked", "intrusion_detection", "denied"),
	DEF(1122, "attack-surface-rule-audited", "intrusion_detection", "info"),
	DEF(1123, "controlled-folder-access-blocked", "intrusion_detection file", "denied"),
	DEF(1124, "controlled-folder-access-audited", "intrusion_detection file", "info"),
	DEF(1125, "network-protection-audited", "intrusion_detection network", "info"),
	DEF(1126, "network-protection-blocked", "intrusion_detection network", "denied"),
	DEF(1127, "sector-write-blocked", "intrusion_detection file", "denied"),
	DEF(2000, "signature-updated", "configuration", "change"),
	DEF(2001, "signature-update-failed", "configuration", "error"),
	DEF(3002, "real-time-protection-failed", "malware", "error"),
	DEF(5000, "real-time-protection-enabled", "configuration", "change"),
	DEF(5001, "real-time-protection-disabled", "configuration", "change"),
	DEF(5004, "real-time-protection-changed", "configuration", "change"),
	DEF(5007, "configuration-changed", "configuration", "change"),
	DEF(5008, "engine-failed", "malware", "error"),
	DEF(5009, "scanning-enabled", "configuration", "change"),
	DEF(5010, "scanning-disabled", "configuration", "change"),

	TRM(21, "session-logon", "authentication session", "start", "success"),
	TRM(22, "shell-started", "session", "start", "success"),
	TRM(23, "session-logoff", "authentication session", "end", "success"),
	TRM(24, "session-disconnected", "session", "end", "success"),
	TRM(25, "session-reconnected", "authentication session", "start", "success"),
	TRM(39, "session-disconnected-by-session", "session", "end", "success"),
	TRM(40, "session-disconnected", "session", "end", NULL),
	TRM(200, "gateway-authorized", "authentication session", "start allowed", "success"),
	TRM(201, "gateway-denied", "authentication session", "start denied", "failure"),
	TRM(300, "gateway-resource-authorized", "session network", "allowed", "success"),
	TRM(301, "gateway-resource-denied", "session network", "denied", "failure"),
	TRM(302, "gateway-connected", "session network", "connection start", "success"),
	TRM(303, "gateway-disconnected", "session network", "connection end", NULL),
	TRM(304, "gateway-connection-failed", "session network", "connection denied", "failure"),
	TRM(312, "gateway-connection-initiated", "session network", "connection", NULL),
	TRM(313, "gateway-connection-initiated", "session network", "connection", NULL),
	TRM(1149, "remote-connection-authenticated", "authentication session", "start", "success"),

	TSK(106, "scheduled-task-registered", "configuration", "creation", "success"),
	TSK(107, "scheduled-task-triggered", "process", "info", "success"),
	TSK(110, "scheduled-task-run-by-user", "process", "start", "success"),
	TSK(129, "scheduled-task-process-created", "process", "start", "success"),
	TSK(140, "scheduled-task-updated", "configuration", "change", "success"),
	TSK(141, "scheduled-task-deleted", "configuration", "deletion", "success"),
	TSK(142, "scheduled-task-disabled", "configuration", "change", "success"),
	TSK(200, "scheduled-task-action-started", "process", "start", "success"),
	TSK(201, "scheduled-task-action-completed", "process", "end", "success"),

	APL(8002, "application-allowed", "start allowed", "success"),
	APL(8003, "application-audited", "start allowed", "success"),
	APL(8004, "application-blocked", "start denied", "failure"),
	APL(8005, "script-allowed", "start allowed", "success"),
	APL(8006, "script-audited", "start allowed", "success"),
	APL(8007, "script-blocked", "start denied", "failure"),
	APL(8020, "packaged-application-allowed", "start allowed", "success"),
	APL(8021, "packaged-application-audited", "start allowed", "success"),
	APL(8022, "packaged-application-blocked", "start denied", "failure"),

	BCK(1, "backup-started", "start", NULL),
	BCK(4, "backup-completed", "end", "success"),
	BCK(5, "backup-failed", "end error", "failure"),
	BCK(7, "backup-completed-in-part", "end error", "failure"),
	BCK(8, "backup-cancelled", "end", "failure"),
	BCK(9, "backup-failed", "end error", "failure"),
	BCK(14, "backup-ended", "end", NULL),
	BCK(17, "backup-failed", "end error", "failure"),
	BCK(18, "backup-failed", "end error", "failure"),
	BCK(19, "backup-failed", "end error", "failure"),
	BCK(20, "backup-failed", "end error", "failure"),
	BCK(21, "backup-failed", "end error", "failure"),
	BCK(22, "backup-failed", "end error", "failure"),
	BCK(49, "backup-failed", "end error", "failure"),
	BCK(50, "backup-failed", "end error", "failure"),
	BCK(52, "backup-failed", "end error", "failure"),
};

static int
compare(const struct win_event *e, enum win_source source, unsigned id)
{
	if (e->source != source)
		return e->source < source ? -1 : 1;
	return e->id < id ? -1 : e->id > id;
}

const struct win_event *
win_event_find(enum win_source source, unsigned id)
{
	size_t lo = 0, hi = sizeof(events) / sizeof(events[0]);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int rc = compare(&events[mid], source, id);

		if (rc == 0)
			return &events[mid];
		if (rc < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

enum win_source
win_source_of(struct str channel, struct str provider)
{
	if (str_starts(provider, STR("Microsoft-Windows-Sysmon")) ||
		str_starts(channel, STR("Microsoft-Windows-Sysmon")))
		return WIN_SYSMON;
	if (str_eq(channel, STR("Security")) ||
		str_eq(provider, STR("Microsoft-Windows-Security-Auditing")))
		return WIN_SECURITY;
	if (str_eq(channel, STR("System")))
		return WIN_SYSTEM;
	if (str_eq(channel, STR("Application")))
		return WIN_APPLICATION;
	if (str_eq(channel, STR("Microsoft-Windows-PowerShell/Operational")) ||
		str_eq(channel, STR("PowerShellCore/Operational")) ||
		str_eq(provider, STR("Microsoft-Windows-PowerShell")))
		return WIN_POWERSHELL;
	if (str_eq(channel, STR("Windows PowerShell")) || str_eq(provider, STR("PowerShell")))
		return WIN_POWERSHELL_CLASSIC;
	if (str_starts(channel, STR("Microsoft-Windows-Windows Defender")) ||
		str_eq(provider, STR("Microsoft-Windows-Windows Defender")))
		return WIN_DEFENDER;
	if (channel.n == 0 && str_eq(provider, STR("Service Control Manager")))
		return WIN_SYSTEM;
	if (str_starts(channel, STR("Microsoft-Windows-TerminalServices-")) ||
		str_starts(provider, STR("Microsoft-Windows-TerminalServices-")))
		return WIN_SESSIONS;
	if (str_eq(provider, STR("Microsoft-Windows-TaskScheduler")) ||
		str_eq(channel, STR("Microsoft-Windows-TaskScheduler/Operational")))
		return WIN_TASKS;
	if (str_eq(provider, STR("Microsoft-Windows-AppLocker")) ||
		str_starts(channel, STR("Microsoft-Windows-AppLocker/")))
		return WIN_APPLOCKER;
	if (str_starts(channel, STR("Microsoft-Windows-Backup")) ||
		(channel.n == 0 && str_eq(provider, STR("Microsoft-Windows-Backup"))))
		return WIN_BACKUP;
	return WIN_OTHER;
}

enum win_data
win_data_find(struct str name)
{
	switch (name.n) {
#define G(n)                                                                                       \
	break;                                                                                     \
	case n:
#define N(id)                                                                                      \
	if (memcmp(name.p, #id, sizeof(#id) - 1) == 0)                                             \
		return DATA_##id;
#define B(id, text)                                                                                \
	if (memcmp(name.p, text, sizeof(text) - 1) == 0)                                           \
		return DATA_##id;
#include "parsers/winname.def"
#undef B
#undef N
#undef G
		break;
	default:
		break;
	}
	return DATA_NONE;
}
