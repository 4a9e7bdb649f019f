// ammeter-backend 1 (docs/backend-protocol.md): MessageDigest, as eclair and Phoenix hash.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;

public final class Backend {
    private static final int SIZE = 32;
    private static final BufferedReader IN =
            new BufferedReader(new InputStreamReader(System.in), 1 << 16);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    private final int payments;
    private final int children;
    private final int first;
    private final int indexSize;
    private final boolean hasShares;
    private final byte[] roots;
    private final byte[] shares;
    private final byte[] preimages;
    private final byte[] hashes;

    private Backend(String[] words) throws IOException, GeneralSecurityException {
        payments = Integer.parseInt(words[1]);
        children = Integer.parseInt(words[2]);
        first = Integer.parseInt(words[3]);
        indexSize = Integer.parseInt(words[4]);
        hasShares = words[5].equals("1");
        int pairs = payments * children;
        roots = new byte[SIZE * payments];
        shares = new byte[hasShares ? SIZE * pairs : 0];
        preimages = new byte[SIZE * pairs];
        hashes = new byte[SIZE * pairs];
        for (int payment = 0; payment < payments; payment++) {
            value("root", roots, payment);
            for (int child = 0; hasShares && child < children; child++) {
                value("share", shares, payment * children + child);
            }
        }
    }

    private static void value(String name, byte[] to, int place) throws IOException {
        String[] words = IN.readLine().split(" ");
        if (!words[0].equals(name)) {
            throw new IOException(name + " expected, not " + words[0]);
        }
        for (int k = 0; k < SIZE; k++) {
            to[SIZE * place + k] = (byte) Integer.parseInt(words[1], 2 * k, 2 * k + 2, 16);
        }
    }

    /** One call: every child of every payment. */
    private void derive(int counter) throws DigestException {
        int prefix = hasShares ? 2 * SIZE : SIZE;
        byte[] message = new byte[prefix + indexSize];
        for (int payment = 0, place = 0; payment < payments; payment++) {
            System.arraycopy(roots, SIZE * payment, message, 0, SIZE);
            ByteBuffer.wrap(message).putInt(counter);
            for (int child = 0; child < children; child++, place += SIZE) {
                if (hasShares) {
                    System.arraycopy(shares, place, message, SIZE, SIZE);
                }
                for (int k = 0; k < indexSize; k++) {
                    message[prefix + k] = (byte) (first + child >>> 8 * (indexSize - 1 - k));
                }
                sha256.update(message);
                sha256.digest(preimages, place, SIZE);
                sha256.update(preimages, place, SIZE);
                sha256.digest(hashes, place, SIZE);
            }
        }
    }

    private void digestOutputs(MessageDigest digest) {
        digest.update(preimages);
        digest.update(hashes);
    }

    /** Only the deriving is timed; its outputs go into the digest. */
    private void run(int calls, int counter) throws GeneralSecurityException {
        long wall = 0;
        long cpu = 0;
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (int call = 0; call < calls; call++) {
            long cpuStart = THREADS.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            derive(counter + call);
            wall += System.nanoTime() - start;
            cpu += THREADS.getCurrentThreadCpuTime() - cpuStart;
            digestOutputs(digest);
        }
        say("ran " + wall + " " + cpu + " " + hex(digest.digest(), 0));
    }

    private void digest(int calls) throws GeneralSecurityException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (int call = 0; call < calls; call++) {
            digestOutputs(digest);
        }
        say("digested " + hex(digest.digest(), 0));
    }

    private void show(int from, int count) {
        for (int place = from; place < from + count; place++) {
            say("pair " + place + " " + hex(preimages, place) + " " + hex(hashes, place));
        }
    }

    private static String hex(byte[] bytes, int place) {
        StringBuilder text = new StringBuilder();
        for (int k = SIZE * place; k < SIZE * (place + 1); k++) {
            text.append(String.format("%02x", bytes[k]));
        }
        return text.toString();
    }

    private static void say(String line) {
        System.out.print(line + "\n");
        System.out.flush();
    }

    private static String isa() throws IOException {
        Path cpus = Path.of("/proc/cpuinfo");
        return Files.exists(cpus) && Files.readString(cpus).contains(" sha_ni ") ? "shani" : "-";
    }

    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        say("ammeter-backend 1\nname java-message-digest\nhash sha256\nversion "
                + System.getProperty("java.vm.name") + " " + Runtime.version() + "\nisa " + isa()
                + "\ncall digest.update(message); digest.digest(to, offset, 32)\nready");
        Backend backend = null;
        for (String line; (line = IN.readLine()) != null; ) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "load" -> {
                    backend = new Backend(words);
                    say("loaded");
                }
                case "run" -> backend.run(
                        Integer.parseInt(words[1]), Integer.parseUnsignedInt(words[2]));
                case "digest" -> backend.digest(Integer.parseInt(words[1]));
                case "show" -> backend.show(
                        Integer.parseInt(words[1]), Integer.parseInt(words[2]));
                default -> throw new IOException("unknown request " + words[0]);
            }
        }
    }
}
