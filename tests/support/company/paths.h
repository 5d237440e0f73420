/*
 * paths.h - Windows paths, with backslashes as JSON wants them.
 */
#ifndef COMPANY_PATHS_H
#define COMPANY_PATHS_H

#define WIN        "C:\\\\Windows\\\\System32\\\\"
#define OFF        "C:\\\\Program Files\\\\Microsoft Office\\\\root\\\\Office16\\\\"
#define EXP        "C:\\\\Windows\\\\explorer.exe"
#define EDG        "C:\\\\Program Files (x86)\\\\Microsoft\\\\Edge\\\\Application\\\\msedge.exe"
#define POWERSHELL WIN "WindowsPowerShell\\\\v1.0\\\\powershell.exe"
#define MSMPENG                                                                                    \
	"C:\\\\ProgramData\\\\Microsoft\\\\Windows "                                               \
	"Defender\\\\Platform\\\\4.18.24010.12-0\\\\MsMpEng.exe"

#endif
