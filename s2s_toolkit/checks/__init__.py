"""Hold a plugin's parts to their contracts: in moments before they are used, and on request by the suites."""
