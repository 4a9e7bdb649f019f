package main

// hello is the first line: who speaks, and in what lnd differs from the table of rules on purpose.
func hello() any {
	return map[string]any{"hello": map[string]any{
		"protocol": 2,
		"name":     "lnd",
		"version":  version(),
		"profile": map[string]any{
			"versions": []string{"lnd"},
			"hashes":   []string{"sha256"},
			"policy":   fixed,
			"rules":    rules,
		},
	}}
}

// fixed is what of Ammeter's policy lnd cannot be told. It has no limits; these are never reached.
var fixed = map[string]any{
	"deviation":              "reject-newcomer",
	"realms":                 "any",
	"overpayment_factor_max": 1<<32 - 1,
	"sets_max":               1 << 20,
	"set_htlcs_max":          483,
	"channel_htlcs_max":      483,
	"htlcs_max":              1 << 20,
	"bytes_max":              1 << 30,
}

// rules are those that lnd replaces by its own. Each line says where lnd does so.
var rules = map[string]string{
	// updateMpp adds up what the HTLCs pay, as BOLT 4 says.
	"sum": "wire",
	// The registry starts a timer for each HTLC.
	"deadline": "each-htlc",
	// The expiry watcher looks at hold invoices only.
	"expiry": "on-arrival",
	// updateMpp asks for the total or more.
	"overpayment": "any",
	// An AMP invoice is open until it expires or is cancelled.
	"invoices": "reusable",
	// processAMP adds an invoice for the first HTLC with an unknown payment address. It expires an
	// hour later, which no history lasts.
	"gifts": "invoice",
	// updateMpp compares the total with the invoice when an HTLC arrives.
	"total_below_due": "refused",
	// Payment hashes are looked at when the set is complete. lnd's senders draw new shares.
	"duplicate_hash": "member",
	// The store has one index of set ids.
	"set_ids": "global",
	// A payment address of zeros is not in the index.
	"zero_secret": "refused",
	// Only HTLCs that were accepted are stored.
	"refusals": "forgotten",
	// Nobody tells the registry that a channel was closed: the HTLC is claimed on chain.
	"member_lost": "ignored",
	// Invoices and their sets stay in the store.
	"retention": "forever",
	// A payment address can be added once.
	"invoice_again": "ignored",
	// No channel carries more.
	"amount_max": "supply",
}
