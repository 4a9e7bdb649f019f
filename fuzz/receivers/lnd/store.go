package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/clock"
	"github.com/lightningnetwork/lnd/invoices"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/sqldb"
)

const file = "lnd.db"

// template is an empty database: to copy one takes less time than to make one.
type template struct {
	folder string
	store  func(folder string, clock clock.Clock, empty bool) (invoices.InvoiceDB, func() error, error)
}

func newTemplate(store string) (*template, error) {
	stores := map[string]*template{"bolt": {store: openBolt}, "sqlite": {store: openSQLite}}
	template, ok := stores[store]
	if !ok {
		return nil, fmt.Errorf("no store is named %q", store)
	}
	var err error
	if template.folder, err = os.MkdirTemp("", "lnd-receiver-"); err != nil {
		return nil, err
	}
	_, closeDB, err := template.store(template.folder, clock.NewDefaultClock(), true)
	if err != nil {
		return nil, err
	}
	return template, closeDB()
}

func (t *template) remove() { _ = os.RemoveAll(t.folder) }

// open opens the database in a folder, or a new one if there is none.
func (t *template) open(folder string, clock clock.Clock) (invoices.InvoiceDB, func() error, error) {
	path := filepath.Join(folder, file)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		empty, err := os.ReadFile(filepath.Join(t.folder, file))
		if err != nil {
			return nil, nil, err
		}
		// Renamed, because a kill may come at any time.
		if err := os.WriteFile(path+".new", empty, 0o600); err != nil {
			return nil, nil, err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return nil, nil, err
		}
	}
	return t.store(folder, clock, false)
}

func openBolt(folder string, clock clock.Clock, empty bool) (
	invoices.InvoiceDB, func() error, error) {

	backend, err := kvdb.GetBoltBackend(&kvdb.BoltBackendConfig{
		DBPath: folder, DBFileName: file, NoFreelistSync: true, DBTimeout: kvdb.DefaultDBTimeout,
	})
	if err != nil {
		return nil, nil, err
	}
	options := append(
		boltOptions, channeldb.OptionClock(clock), channeldb.OptionNoMigration(!empty),
	)
	db, err := channeldb.CreateWithBackend(backend, options...)
	if err != nil {
		return nil, nil, err
	}
	return db, db.Close, nil
}

func openSQLite(folder string, clock clock.Clock, empty bool) (
	invoices.InvoiceDB, func() error, error) {

	db, err := newSQLite(filepath.Join(folder, file), empty)
	if err != nil {
		return nil, nil, err
	}
	executor := sqldb.NewTransactionExecutor(db, func(tx *sql.Tx) invoices.SQLInvoiceQueries {
		return db.WithTx(tx)
	})
	return invoices.NewSQLStore(executor, clock), db.Close, nil
}
