"""Where commands are typed: hosts, namespaces, labs."""
