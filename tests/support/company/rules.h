/*
 * rules.h - the rules (config/rules) that the hidden attacks must set off, by their ids.
 */
#ifndef COMPANY_RULES_H
#define COMPANY_RULES_H

#define RULE_SSH_GUESSED       "ef018586-de02-4b88-ab39-697c649960f2"
#define RULE_PORT_SCAN         "501cccbf-2fe7-4a8d-a32b-17fec6ed0e9b"
#define RULE_PROXY_EXFIL       "4b59c2bb-a29e-403a-b378-e37da11669e6"
#define RULE_VPN_SPRAY         "039b82a0-3e0a-43f2-a986-e96240aae88a"
#define RULE_VPN_GUESSED       "2a5d346d-bf3a-4ca9-ad8a-b1d348b1737f"
#define RULE_PHISHING          "8055209b-6137-4f66-b15a-ca02c1b8a9f4"
#define RULE_LATERAL           "e1927dc7-554d-4dde-ad8a-cf8623175af9"
#define RULE_SHADOW_COPIES     "7ed70853-cb47-43f2-b2cf-facc9a2e204f"
#define RULE_MAIL_TAKEOVER     "51d61bd4-e42d-4cbd-a3ea-ba5a4bbb5d4b"
#define RULE_PRIVILEGE         "baad055e-f050-4b39-a239-896f04780919"
#define RULE_C2_ALLOWED        "271d8fe6-3624-4eb7-a4ee-94343bc04acd"
#define RULE_ENCODED_PS        "2252842d-31de-488e-b765-1df2ac6f718a"
#define RULE_LSASS_READ        "ceaa46b0-d841-4716-bbcb-8ec1f482f32e"
#define RULE_LOG_CLEARED       "1ab613b1-b1bd-42de-a0fd-7e6259d9a6b7"
#define RULE_PSEXEC_SERVICE    "6691547b-3abb-47a0-80d9-48f777616019"
#define RULE_DEFENDER_OFF      "bdaacfc8-dc8e-4a17-85bf-bf5e10d0af9b"
#define RULE_STORY_PHISHING    "3a827529-5334-5547-810d-a3350e015a8f"
#define RULE_STORY_RANSOMWARE  "486fe49c-c8c0-5ebd-a68e-3b131e66367c"
#define RULE_STORY_EXFIL       "3d39f509-e4b4-56ac-b802-daea044f3637"
#define RULE_STORY_CREDENTIALS "9a92b2f1-ba1f-595f-815a-a83ea219d148"
#define RULE_SCAN_THEN_IN      "88ddb634-1d8e-5928-a77b-e6dfd3e263f9"

#endif
