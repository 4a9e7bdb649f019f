//go:build !lnd_0_18_2 && !lnd_0_18_4

package main

import (
	"context"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/htlcswitch/hop"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/sqldb"
)

var boltOptions []channeldb.OptionModifier

func newSQLite(path string, empty bool) (*sqldb.BaseDB, error) {
	store, err := sqldb.NewSqliteStore(&sqldb.SqliteConfig{SkipMigrations: !empty}, path)
	if err != nil {
		return nil, err
	}
	err = store.ApplyAllMigrations(context.Background(), sqldb.GetMigrations())
	return store.BaseDB, err
}

// forwarding is what the onion says of the HTLC.
func forwarding(payload *hop.Payload) (lnwire.MilliSatoshi, uint32) {
	return payload.FwdInfo.AmountToForward, payload.FwdInfo.OutgoingCLTV
}
