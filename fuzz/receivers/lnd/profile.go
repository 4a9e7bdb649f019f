package main

// hello is the first line: who speaks, and in what lnd differs from the table of rules on purpose.
func hello() any {
	return map[string]any{"hello": map[string]any{
		"protocol": 2,
		"name":     "lnd",
		"version":  version(),
		"profile":  map[string]any{},
	}}
}
