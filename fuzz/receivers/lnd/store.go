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

// opener opens a database; an empty one is given its tables.
type opener func(folder string, clock clock.Clock, empty bool) (
	invoices.InvoiceDB, func() error, error)

var openers = map[string]opener{"bolt": openBolt, "sqlite": openSQLite}

// store opens databases of one kind.
type store struct {
	open opener
	// template is an empty database: to copy one takes less time than to make one.
	template string
}

func newStore(name string) (*store, error) {
	open, ok := openers[name]
	if !ok {
		return nil, fmt.Errorf("no store is named %q", name)
	}
	// A process that is killed cannot remove it, so all processes share one.
	template := fmt.Sprintf("lnd-receiver-%s-%s.db", version(), name)
	return &store{open, filepath.Join(os.TempDir(), template)}, nil
}

// in opens the database in a folder, or a new one if there is none.
func (s *store) in(folder string, clock clock.Clock) (invoices.InvoiceDB, func() error, error) {
	path := filepath.Join(folder, file)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		empty, err := s.empty()
		if err != nil {
			return nil, nil, err
		}
		if err := replace(path, empty); err != nil {
			return nil, nil, err
		}
	}
	return s.open(folder, clock, false)
}

// replace writes a file whole or not at all: a kill may come at any time.
func replace(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// empty is the template's content. It is made if it is not there.
func (s *store) empty() ([]byte, error) {
	if empty, err := os.ReadFile(s.template); err == nil {
		return empty, nil
	}
	folder, err := os.MkdirTemp("", "lnd-receiver-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	_, closeDB, err := s.open(folder, clock.NewDefaultClock(), true)
	if err != nil {
		return nil, err
	}
	if err := closeDB(); err != nil {
		return nil, err
	}
	made := filepath.Join(folder, file)
	empty, err := os.ReadFile(made)
	if err != nil {
		return nil, err
	}
	return empty, os.Rename(made, s.template)
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
