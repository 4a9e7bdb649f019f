// ammeter-backend 1 (docs/backend-protocol.md): Go, as lnd hashes; with the tag simd, minio/sha256-simd.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

type digest = [32]byte

// workload is what load gave, and the outputs of the last call.
type workload struct {
	payments, children, first, indexSize, hasShares int

	roots, shares     []digest
	preimages, hashes []digest
}

var (
	in  = bufio.NewReaderSize(os.Stdin, 1<<16)
	out = bufio.NewWriter(os.Stdout)
)

func fail(why ...any) {
	fmt.Fprintln(out, append([]any{"error"}, why...)...)
	out.Flush()
	os.Exit(1)
}

func value(name string) (bytes digest) {
	line, _ := in.ReadString('\n')
	word, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
	if size, err := hex.Decode(bytes[:], []byte(digits)); word != name || size != 32 || err != nil {
		fail(name, "expected")
	}
	return bytes
}

func load(line string) *workload {
	w := new(workload)
	_, err := fmt.Sscanf(line, "load %d %d %d %d %d",
		&w.payments, &w.children, &w.first, &w.indexSize, &w.hasShares)
	if err != nil {
		fail(err)
	}
	for range w.payments {
		w.roots = append(w.roots, value("root"))
		for c := 0; w.hasShares == 1 && c < w.children; c++ {
			w.shares = append(w.shares, value("share"))
		}
	}
	w.preimages = make([]digest, w.payments*w.children)
	w.hashes = make([]digest, w.payments*w.children)
	return w
}

// derive is one call: every child of every payment.
func (w *workload) derive(counter uint32) {
	var room [32 + 32 + 4]byte
	prefix := 32 + 32*w.hasShares
	message := room[:prefix+w.indexSize]
	for p, place := 0, 0; p < w.payments; p++ {
		copy(message, w.roots[p][:])
		binary.BigEndian.PutUint32(message, counter)
		for c := range w.children {
			if w.hasShares == 1 {
				copy(message[32:], w.shares[place][:])
			}
			var index [4]byte
			binary.BigEndian.PutUint32(index[:], uint32(w.first+c))
			copy(message[prefix:], index[4-w.indexSize:])
			w.preimages[place] = sum(message)
			w.hashes[place] = sum(w.preimages[place][:])
			place++
		}
	}
}

func (w *workload) digestOutputs(to hash.Hash) {
	for _, outputs := range [][]digest{w.preimages, w.hashes} {
		for place := range outputs {
			to.Write(outputs[place][:])
		}
	}
}

// run times the deriving alone; its outputs go into the digest.
func (w *workload) run(calls, counter uint32) {
	var wall, cpu int64
	digest := sha256.New()
	for call := range calls {
		cpuStart, start := cpuTime(), time.Now()
		w.derive(counter + call)
		wall += time.Since(start).Nanoseconds()
		cpu += cpuTime() - cpuStart
		w.digestOutputs(digest)
	}
	fmt.Fprintf(out, "ran %d %s %x\n", wall, cpuText(cpu), digest.Sum(nil))
}

func (w *workload) digestAgain(calls uint32) {
	digest := sha256.New()
	for range calls {
		w.digestOutputs(digest)
	}
	fmt.Fprintf(out, "digested %x\n", digest.Sum(nil))
}

func (w *workload) show(first, count uint32) {
	for place := first; place < first+count; place++ {
		fmt.Fprintf(out, "pair %d %x %x\n", place, w.preimages[place], w.hashes[place])
	}
}

// version is the release of Go and, where the library has one of its own, the library's.
func version() string {
	text := runtime.Version()
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == library {
				text = module.Version + ", " + text
			}
		}
	}
	return text
}

func isa() string {
	if cpus, _ := os.ReadFile("/proc/cpuinfo"); strings.Contains(string(cpus), " sha_ni ") {
		return "shani"
	}
	return "-"
}

func main() {
	fmt.Fprintf(out, "ammeter-backend 1\nname %s\nhash sha256\nversion %s\nisa %s\ncall %s\nready\n",
		name, version(), isa(), call)
	w := new(workload)
	for out.Flush() == nil {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		var one, two uint32
		fmt.Sscan(rest, &one, &two)
		switch word {
		case "load":
			w = load(line)
			fmt.Fprintln(out, "loaded")
		case "run":
			w.run(one, two)
		case "digest":
			w.digestAgain(one)
		case "show":
			w.show(one, two)
		default:
			fail("unknown request", word)
		}
	}
}
