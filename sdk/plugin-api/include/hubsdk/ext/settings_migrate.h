/* Capability "hub.settings-migrate/1": turns the settings of an older plugin version into a new
 * revision, where an additive change does not do. Pure. Reserved: the hub of this release never
 * asks for it.
 */
#ifndef HUBSDK_EXT_SETTINGS_MIGRATE_H
#define HUBSDK_EXT_SETTINGS_MIGRATE_H

#include <hubsdk/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HUB_EXT_SETTINGS_MIGRATE "hub.settings-migrate/1"

typedef struct hub_settings_migrate {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    /* Document {"from_version", "settings"} -> the new settings document. HUB_INVALID with an error
     * document if they cannot be carried over. Ownership: call and answer are the host's, valid
     * during the call. [any-thread] */
    hub_status (*migrate)(const hub_call* call, const hub_sink* answer);
} hub_settings_migrate;

#ifdef __cplusplus
}
#endif

#endif /* HUBSDK_EXT_SETTINGS_MIGRATE_H */
