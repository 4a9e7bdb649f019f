// ammeter-backend 1 (docs/backend-protocol.md): node:crypto, the two ways in which it hashes a message.
import crypto from "node:crypto";
import { existsSync, readFileSync, readSync, writeSync } from "node:fs";

const ways = {
  createHash: ["crypto.createHash('sha256').update(message).digest()",
    (message) => crypto.createHash("sha256").update(message).digest()],
  hash: ["crypto.hash('sha256', message, 'buffer')",
    (message) => crypto.hash("sha256", message, "buffer")],
};
const way = process.argv[2] ?? "createHash";
const [call, sha256] = ways[way];

const say = (...words) => {
  let rest = Buffer.from(words.join(" ") + "\n");
  while (rest.length > 0) {
    rest = rest.subarray(writeSync(1, rest));
  }
};

function* lines() {
  const piece = Buffer.alloc(1 << 16);
  let text = "";
  for (let size; (size = readSync(0, piece)) > 0;) {
    const parts = (text + piece.toString("latin1", 0, size)).split("\n");
    text = parts.pop();
    yield* parts;
  }
}

class Workload {
  constructor([payments, children, first, indexSize, hasShares], value) {
    Object.assign(this, { children, first, indexSize, hasShares });
    this.payments = Array.from({ length: payments }, () => ({
      root: value("root"),
      shares: Array.from({ length: hasShares ? children : 0 }, () => value("share")),
    }));
    this.preimages = Array(payments * children);
    this.hashes = Array(payments * children);
  }

  // One call: every child of every payment.
  derive(counter) {
    const prefix = this.hasShares ? 64 : 32;
    const message = Buffer.alloc(prefix + this.indexSize);
    let place = 0;
    for (const { root, shares } of this.payments) {
      root.copy(message);
      message.writeUInt32BE(counter);
      for (let child = 0; child < this.children; child++) {
        if (this.hasShares) {
          shares[child].copy(message, 32);
        }
        message.writeUIntBE(this.first + child, prefix, this.indexSize);
        const preimage = sha256(message);
        this.preimages[place] = preimage;
        this.hashes[place++] = sha256(preimage);
      }
    }
  }

  digestOutputs(digest) {
    digest.update(Buffer.concat(this.preimages)).update(Buffer.concat(this.hashes));
  }

  // Only the deriving is timed; its outputs go into the digest.
  run(calls, counter) {
    let wall = 0n, cpu = 0;
    const digest = crypto.createHash("sha256");
    for (let call = 0; call < calls; call++) {
      const cpuStart = process.cpuUsage(), start = process.hrtime.bigint();
      this.derive((counter + call) % 2 ** 32);
      wall += process.hrtime.bigint() - start;
      const { user, system } = process.cpuUsage(cpuStart);
      cpu += 1000 * (user + system);
      this.digestOutputs(digest);
    }
    say("ran", wall, cpu, digest.digest("hex"));
  }

  digest(calls) {
    const digest = crypto.createHash("sha256");
    for (let call = 0; call < calls; call++) {
      this.digestOutputs(digest);
    }
    say("digested", digest.digest("hex"));
  }

  show(first, count) {
    for (let place = first; place < first + count; place++) {
      say("pair", place, this.preimages[place].toString("hex"), this.hashes[place].toString("hex"));
    }
  }
}

const cpus = "/proc/cpuinfo";
const isa = existsSync(cpus) && readFileSync(cpus, "latin1").includes(" sha_ni ") ? "shani" : "-";
say(`ammeter-backend 1\nname node-${way}\nhash sha256
version Node ${process.version}, OpenSSL ${process.versions.openssl}
isa ${isa}\ncall ${call}\nready`);

const requests = lines();
const value = (name) => {
  const [word, digits] = requests.next().value.split(" ");
  if (word !== name) {
    throw new Error(`${name} expected, not ${word}`);
  }
  return Buffer.from(digits, "hex");
};
let workload;
for (let request; !(request = requests.next()).done;) {
  const [word, ...numbers] = request.value.split(" ");
  if (word === "load") {
    workload = new Workload(numbers.map(Number), value);
    say("loaded");
  } else {
    workload[word](...numbers.map(Number));
  }
}
