/* Nothing but the header: it needs no other and compiles as strict C11. */
#include <hubsdk/plugin.h>

extern const hub_plugin_table* (*const hub_test_entry_in_c)(void);
const hub_plugin_table* (*const hub_test_entry_in_c)(void) = 0;
