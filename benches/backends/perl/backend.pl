# ammeter-backend 1 (docs/backend-protocol.md): Digest::SHA. Written from that page alone.
use strict;
use warnings;
use Digest::SHA qw(sha256);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC CLOCK_THREAD_CPUTIME_ID);

$| = 1;
my (@roots, @shares, @preimages, @hashes, $children, $first, $index_size, $has_shares);

sub value {
    my ($name) = @_;
    my ($word, $digits) = split ' ', scalar <STDIN>;
    die "$name expected, not $word\n" if $word ne $name;
    return pack 'H*', $digits;
}

# One call: every child of every payment.
sub derive {
    my $stamp = pack 'N', $_[0] % 2**32;
    my $place = 0;
    for my $root (@roots) {
        my $prefix = $stamp . substr $root, 4;
        for my $index ($first .. $first + $children - 1) {
            my $share = $has_shares ? $shares[$place] : '';
            $preimages[$place] = sha256($prefix . $share . substr pack('N', $index), 4 - $index_size);
            $hashes[$place] = sha256($preimages[$place]);
            $place++;
        }
    }
}

sub outputs { return join '', @preimages, @hashes }

my %requests = (
    load => sub {
        (my $payments, $children, $first, $index_size, $has_shares) = @_;
        @roots = @shares = @preimages = @hashes = ();
        for (1 .. $payments) {
            push @roots, value('root');
            push @shares, map { value('share') } 1 .. $has_shares * $children;
        }
        print "loaded\n";
    },
    run => sub {
        my ($calls, $counter) = @_;
        my ($wall, $cpu, $digest) = (0, 0, Digest::SHA->new(256));
        for my $call (0 .. $calls - 1) {
            my ($start, $cpu_start) = map { clock_gettime($_) } CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID;
            derive($counter + $call);
            $cpu += clock_gettime(CLOCK_THREAD_CPUTIME_ID) - $cpu_start;
            $wall += clock_gettime(CLOCK_MONOTONIC) - $start;
            $digest->add(outputs());
        }
        printf "ran %d %d %s\n", 1e9 * $wall, 1e9 * $cpu, $digest->hexdigest;
    },
    digest => sub {
        my $digest = Digest::SHA->new(256);
        $digest->add(outputs()) for 1 .. $_[0];
        print 'digested ', $digest->hexdigest, "\n";
    },
    show => sub {
        for my $place ($_[0] .. $_[0] + $_[1] - 1) {
            print join(' ', 'pair', $place, map { unpack 'H*', $_ } $preimages[$place], $hashes[$place]), "\n";
        }
    },
);

print "ammeter-backend 1\nname perl-digest-sha\nhash sha256\nversion Perl $^V, Digest::SHA $Digest::SHA::VERSION\n",
    "isa portable\ncall sha256(\$message)\nready\n";
while (my $line = <STDIN>) {
    my ($request, @numbers) = split ' ', $line;
    my $answer = $requests{$request} or die "unknown request $request\n";
    $answer->(@numbers);
}
