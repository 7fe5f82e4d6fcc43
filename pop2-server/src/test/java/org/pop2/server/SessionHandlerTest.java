package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.net.LogText;
import org.pop2.profile.ClientProfile;
import org.pop2.protocol.OnDisconnect;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryData;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.testing.LogCapture;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** What a connection does, beyond the dialogues: order, bounds, errors, and every way of ending. */
@ExtendWith(NoLeaks.class)
class SessionHandlerTest {
    private static final String ONE = "Subject: one\r\n\r\nHello\r\n";
    private static final String TWO = "Subject: two\r\n\r\nWorld\r\n";

    private static MemoryMailStore postel() {
        return MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", ONE)
                .message("postel", "INBOX", TWO);
    }

    private static List<Long> sizes(MemoryMailStore store) {
        MemoryMailStore other =
                MemoryMailStore.over(store.data(), new HoldPolicy(Duration.ofDays(1), TestServer.LIMIT));
        return Mono.from(other.open(new UserName("postel"), FolderName.INBOX))
                .flatMap(mailbox -> {
                    List<Long> found = java.util.stream.IntStream.rangeClosed(1, mailbox.count())
                            .mapToObj(mailbox::octets)
                            .toList();
                    return Mono.from(mailbox.release(new BitSet())).thenReturn(found);
                })
                .blockOptional(TestServer.LIMIT)
                .orElseThrow();
    }

    // ---- order and bounds

    @Test
    void commandsSentAheadAreAnsweredInOrder() {
        try (TestServer server = TestServer.over(postel());
                Wire wire = server.connect()) {
            wire.send("HELO postel secret\r\nREAD\r\nRETR\r\nACKS\r\nRETR\r\nNACK\r\nREAD 9\r\nQUIT\r\n");
            assertThat(wire.rest())
                    .isEqualTo("+ POP2 test.example server ready\r\n#2 messages for you\r\n=" + ONE.length() + "\r\n"
                            + ONE + "=" + TWO.length() + "\r\n" + TWO + "=" + TWO.length() + "\r\n=0\r\n+ bye\r\n");
        }
    }

    @Test
    void namesThatNobodyHasLeaveNothingBehind() {
        MemoryMailStore store = postel();
        try (TestServer server = TestServer.over(store);
                Wire wire = server.logIn()) {
            for (int i = 0; i < 500; i++) {
                wire.ask("FOLD name" + i, "#0");
            }
            wire.ask("QUIT", "+ bye");
            assertThat(Flux.from(store.folders(new UserName("postel")))
                            .collectList()
                            .block())
                    .containsExactly(FolderName.INBOX);
        }
    }

    /** Nagle's algorithm holds a second piece until the first is acknowledged, which systems put off for 40 ms. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aCommandWrittenInPiecesIsNotHeldBackByTheClientsSystem() throws Exception {
        try (TestServer server = TestServer.over(postel());
                Wire wire = server.logIn()) {
            wire.socket().setTcpNoDelay(false);
            List<Duration> times = new ArrayList<>();
            for (int i = 0; i < 21; i++) {
                long since = System.nanoTime();
                wire.send("READ").send(" 1").send("\r\n").expect("=");
                times.add(Duration.ofNanos(System.nanoTime() - since));
            }
            times.sort(null);
            assertThat(times.get(times.size() / 2)).isLessThan(Duration.ofMillis(35));
        }
    }

    @Test
    void aCommandWaitsForTheOneBeforeHoweverLongTheStorageTakes() {
        Sinks.Empty<Void> folderReleased = Sinks.empty();
        ScriptedStore store = new ScriptedStore().mail(10, ONE);
        store.release = deleted -> folderReleased.asMono();
        try (TestServer server = TestServer.over(store);
                Wire wire = server.logIn()) {
            wire.send("FOLD other\r\nREAD 1\r\n");
            await().until(() -> !store.releases.isEmpty());
            assertThat(store.opened).hasValue(1);
            folderReleased.tryEmitEmpty();
            wire.expect("#1");
            wire.expect("=" + ONE.length());
        }
    }

    @Test
    void aHalfClosedClientGetsAllAnswers() {
        try (TestServer server = TestServer.over(postel());
                Wire wire = server.connect()) {
            // more than one read's worth, so that the end of the input arrives before it is worked off
            int reads = 8_000;
            wire.send("HELO postel secret\r\n" + "READ 1\r\n".repeat(reads) + "RETR\r\nACKD\r\nQUIT\r\n");
            wire.endOutput();
            wire.expect("+ POP2");
            wire.expect("#2");
            for (int i = 0; i < reads; i++) {
                assertThat(wire.line()).isEqualTo("=" + ONE.length() + "\r\n");
            }
            assertThat(wire.rest()).isEqualTo(ONE + "=" + TWO.length() + "\r\n+ bye\r\n");
        }
    }

    @Test
    void aFloodOfCommandsWaitsInTheSocketAndNotInOurMemory() throws Exception {
        ScriptedStore store = new ScriptedStore().big(50L << 20);
        try (TestServer server = TestServer.over(store);
                Wire wire = Wire.to(server.address(), 4096)) {
            wire.expect("+");
            wire.ask("HELO postel secret", "#");
            wire.ask("READ", "=");
            // of which nothing is read, so that no command can be taken
            wire.send("RETR\r\n");
            AtomicLong accepted = new AtomicLong();
            CountDownLatch over = new CountDownLatch(1);
            byte[] commands = "READ 1\r\n".repeat(1024).getBytes(StandardCharsets.US_ASCII);
            Thread flood = new Thread(() -> {
                try {
                    OutputStream out = wire.socket().getOutputStream();
                    for (int i = 0; i < 50 * 128; i++) {
                        out.write(commands);
                        accepted.addAndGet(commands.length);
                    }
                } catch (IOException closed) {
                    // the test has seen enough
                } finally {
                    over.countDown();
                }
            });
            flood.start();
            AtomicLong before = new AtomicLong();
            await().atMost(TestServer.LIMIT)
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> accepted.get() > 0 && before.getAndSet(accepted.get()) == accepted.get());
            assertThat(over.getCount()).isOne();
            assertThat(store.activity).hasValue(2);
            // what the system's own buffers hold, and 16 KiB of ours
            assertThat(accepted.get()).isLessThan(20L << 20);
            wire.reset();
            over.await();
            flood.join();
        }
    }

    // ---- messages

    @Test
    void aSlowReaderGetsEveryOctet() throws Exception {
        long octets = 3_000_001;
        ScriptedStore store = new ScriptedStore().big(octets);
        try (TestServer server = TestServer.over(store);
                Wire wire = Wire.to(server.address(), 4096)) {
            wire.send("HELO postel secret\r\nREAD\r\nRETR\r\nACKS\r\nQUIT\r\n");
            wire.expect("+");
            wire.expect("#1");
            wire.expect("=" + octets);
            byte[] got = wire.octets((int) octets).getBytes(StandardCharsets.ISO_8859_1);
            assertThat(got.length).isEqualTo((int) octets);
            for (int i = 0; i < got.length; i++) {
                if (got[i] != ScriptedStore.octetAt(i)) {
                    throw new AssertionError("octet " + i);
                }
            }
            assertThat(wire.rest()).isEqualTo("=0\r\n+ bye\r\n");
        }
        assertThat(store.liveBuffers).hasValue(0);
    }

    @Test
    void aStalledClientHoldsAtMostOneMebibyte() {
        ScriptedStore store = new ScriptedStore().big(50L << 20);
        try (TestServer server = TestServer.over(store);
                Wire wire = Wire.to(server.address(), 4096)) {
            wire.send("HELO postel secret\r\nREAD\r\nRETR\r\n");
            wire.expect("+");
            wire.expect("#1");
            wire.expect("=");
            await().until(() -> store.liveBuffers.get() == MessageTransfer.WINDOW);
            // heap, and as much again where Netty copies to direct memory
            assertThat(2L * store.mostBuffers.get() * ContentBuffer.MAX_OCTETS).isLessThanOrEqualTo(1 << 20);
            wire.reset();
            await().untilAsserted(() -> assertThat(store.liveBuffers).hasValue(0));
        }
    }

    @Test
    void buffersThatComeFromSeveralThreadsKeepTheirOrder() {
        byte[] message = new byte[200_000];
        new Random(937).nextBytes(message);
        ScriptedStore store = new ScriptedStore();
        store.sizes = List.of((long) message.length);
        // published elsewhere, but the rest of what is there is emitted by whoever asks for more: at times our loop
        store.content = number -> subscriber -> store.pieces(message, 100)
                .publishOn(Schedulers.parallel(), 2)
                .subscribe(new AlternatingThreads(subscriber));
        try (TestServer server = TestServer.over(store);
                Wire wire = server.logIn()) {
            wire.ask("READ 1", "=");
            assertThat(wire.send("RETR\r\n").octets(message.length).getBytes(StandardCharsets.ISO_8859_1))
                    .isEqualTo(message);
            wire.ask("ACKS", "=0");
        }
    }

    /** Hands on one buffer where it comes, and the next on the thread that requested it. */
    private static final class AlternatingThreads implements reactor.core.CoreSubscriber<ContentBuffer> {
        private final org.reactivestreams.Subscriber<? super ContentBuffer> target;
        private final java.util.ArrayDeque<ContentBuffer> queue = new java.util.ArrayDeque<>();
        private boolean completed;
        private boolean emitting;
        private long demand;
        private long emitted;

        AlternatingThreads(org.reactivestreams.Subscriber<? super ContentBuffer> target) {
            this.target = target;
        }

        @Override
        public void onSubscribe(org.reactivestreams.Subscription upstream) {
            upstream.request(Long.MAX_VALUE);
            target.onSubscribe(new org.reactivestreams.Subscription() {
                @Override
                public void request(long n) {
                    synchronized (AlternatingThreads.this) {
                        demand += n;
                    }
                    drain();
                }

                @Override
                public void cancel() {
                    upstream.cancel();
                }
            });
        }

        @Override
        public void onNext(ContentBuffer buffer) {
            synchronized (this) {
                queue.add(buffer);
            }
            drain();
        }

        @Override
        public void onError(Throwable error) {
            target.onError(error);
        }

        @Override
        public void onComplete() {
            synchronized (this) {
                completed = true;
            }
            drain();
        }

        private void drain() {
            while (true) {
                ContentBuffer next;
                boolean end;
                synchronized (this) {
                    end = completed && queue.isEmpty();
                    if (emitting || (!end && (queue.isEmpty() || demand == 0))) {
                        return;
                    }
                    emitting = true;
                    demand--;
                    next = queue.poll();
                }
                if (next == null) {
                    target.onComplete();
                    return;
                }
                boolean foreign =
                        emitted++ % 2 == 0 && !Thread.currentThread().getName().startsWith("parallel");
                if (foreign) {
                    ContentBuffer handed = next;
                    Schedulers.parallel().schedule(() -> {
                        target.onNext(handed);
                        synchronized (this) {
                            emitting = false;
                        }
                        drain();
                    });
                    return;
                }
                target.onNext(next);
                synchronized (this) {
                    emitting = false;
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"short", "long", "failing", "failing at the end", "not a store's error"})
    void contentThatIsNotWhatWasAnnouncedClosesWithoutALine(String how) {
        ScriptedStore store = new ScriptedStore();
        byte[] whole = "0123456789\r\n".repeat(1000).getBytes(StandardCharsets.US_ASCII);
        Mono<ContentBuffer> corrupt = Mono.error(new StoreException(StoreException.Reason.CORRUPT, "changed under us"));
        store.sizes = List.of((long) whole.length);
        store.content = number -> switch (how) {
            case "short" -> store.pieces(Arrays.copyOf(whole, whole.length - 1), 1000);
            case "long" -> store.pieces(Arrays.copyOf(whole, whole.length + 1), 1000);
            case "failing" -> store.pieces(Arrays.copyOf(whole, 5000), 1000).concatWith(corrupt);
            case "failing at the end" -> store.pieces(whole, 1000).concatWith(corrupt);
            default ->
                store.pieces(Arrays.copyOf(whole, 5000), 1000).concatWith(Mono.error(new IllegalStateException("bug")));
        };
        try (TestServer server = TestServer.over(store);
                Wire wire = server.logIn()) {
            wire.ask("READ 1", "=" + whole.length);
            String got = wire.send("RETR\r\nACKD\r\nQUIT\r\n").rest();
            assertThat(new String(whole, StandardCharsets.US_ASCII)).startsWith(got);
        }
        assertThat(store.releases).containsExactly(new BitSet());
        assertThat(store.liveBuffers).hasValue(0);
    }

    @Test
    void lateAnswersFromOtherThreadsAreBroughtToTheEventLoop() {
        ScriptedStore store = new ScriptedStore();
        byte[] message = TWO.getBytes(StandardCharsets.US_ASCII);
        store.sizes = List.of((long) message.length);
        store.open = mailbox -> Mono.just(mailbox).delayElement(Duration.ofMillis(20));
        store.content = number -> store.pieces(message, 1).publishOn(Schedulers.boundedElastic());
        store.release = deleted -> Mono.delay(Duration.ofMillis(20)).then();
        try (TestServer server = TestServer.over(store);
                Wire wire = server.connect()) {
            wire.send("HELO postel secret\r\nREAD\r\nRETR\r\nACKD\r\nFOLD x\r\nQUIT\r\n");
            assertThat(wire.rest())
                    .endsWith("#1 messages for you\r\n=" + TWO.length() + "\r\n" + TWO
                            + "=0\r\n#1 messages for you\r\n+ bye\r\n");
        }
        assertThat(store.releases).hasSize(2);
    }

    // ---- timers

    @Test
    void aClientThatDoesNotLogInIsClosed() {
        try (TestServer server =
                        TestServer.over(postel(), settings -> settings.withLoginTimeout(Duration.ofMillis(200)));
                Wire wire = server.connect()) {
            wire.expect("+");
            wire.send("\r\n");
            wire.expect("- timed out");
            assertThat(wire.rest()).isEmpty();
        }
    }

    @Test
    void anIdleClientIsClosedAndDeletesNothing() {
        MemoryMailStore store = postel();
        try (TestServer server = TestServer.over(store, settings -> settings.withIdleTimeout(Duration.ofMillis(300)));
                Wire wire = server.logIn()) {
            wire.ask("READ 1", "=");
            wire.send("RETR\r\n").octets(ONE.length());
            wire.ask("ACKD", "=");
            wire.expect("- timed out");
            assertThat(wire.rest()).isEmpty();
            assertThat(sizes(store)).hasSize(2);
        }
    }

    @Test
    void blankLinesDoNotKeepASessionAlive() throws Exception {
        try (TestServer server =
                        TestServer.over(postel(), settings -> settings.withIdleTimeout(Duration.ofMillis(300)));
                Wire wire = server.logIn()) {
            CountDownLatch over = new CountDownLatch(1);
            Thread babble = new Thread(() -> {
                try {
                    while (!over.await(20, TimeUnit.MILLISECONDS)) {
                        wire.send("\r\n");
                    }
                } catch (InterruptedException | UncheckedIOException closed) {
                    // the test has seen enough
                }
            });
            babble.start();
            wire.expect("- timed out");
            over.countDown();
            babble.join();
        }
    }

    @Test
    void aClientThatTakesNothingIsClosed() {
        ScriptedStore store = new ScriptedStore().big(50L << 20);
        try (TestServer server = TestServer.over(store, settings -> settings.withStallTimeout(Duration.ofMillis(300)));
                Wire wire = Wire.to(server.address(), 4096)) {
            wire.send("HELO postel secret\r\nREAD\r\nRETR\r\n");
            await().atMost(TestServer.LIMIT).until(() -> !store.releases.isEmpty());
            assertThat(store.releases).containsExactly(new BitSet());
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
        }
    }

    @Test
    void noTimerCutsAMessageThatIsBeingTaken() {
        int octets = 20_000_000;
        ScriptedStore store = new ScriptedStore().big(octets);
        try (TestServer server = TestServer.over(
                        store,
                        settings -> settings.withIdleTimeout(Duration.ofMillis(600))
                                .withStallTimeout(Duration.ofSeconds(2)));
                Wire wire = Wire.to(server.address(), 4096)) {
            wire.send("HELO postel secret\r\nREAD\r\nRETR\r\n");
            wire.expect("+");
            wire.expect("#1");
            wire.expect("=");
            // slow but steady, for longer than the idle time; the last part, which the system's buffers hold, quickly
            int pieces = 50;
            for (int i = 0; i < pieces; i++) {
                assertThat(wire.octets(octets / pieces)).hasSize(octets / pieces);
                if (i < pieces / 2) {
                    LockSupport.parkNanos(Duration.ofMillis(60).toNanos());
                }
            }
            wire.ask("ACKD", "=0");
            wire.ask("QUIT", "+");
        }
    }

    // ---- how it ends

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void quitIsDoneThoughTheClientIsGone(boolean reset) {
        MemoryMailStore store = postel();
        try (TestServer server = TestServer.over(store)) {
            Wire wire = server.logIn();
            wire.ask("READ 1", "=");
            wire.send("RETR\r\n").octets(ONE.length());
            wire.ask("ACKD", "=");
            wire.send("QUIT\r\n");
            if (reset) {
                wire.expect("+");
                wire.reset();
            } else {
                wire.close();
            }
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
            assertThat(sizes(store)).containsExactly((long) TWO.length());
        }
    }

    @Test
    void aReleaseRunsToItsEndThoughTheConnectionIsReset() {
        Sinks.Empty<Void> finish = Sinks.empty();
        CountDownLatch finished = new CountDownLatch(1);
        ScriptedStore store = new ScriptedStore().mail(10, ONE);
        store.release = deleted -> finish.asMono()
                .doOnCancel(() -> {
                    throw new AssertionError("cancelled");
                })
                .doOnSuccess(nothing -> finished.countDown());
        try (LogCapture log = LogCapture.sessions();
                TestServer server = TestServer.over(store)) {
            Wire wire = server.logIn();
            wire.ask("READ 1", "=");
            wire.send("RETR\r\n").octets(ONE.length());
            wire.ask("ACKD", "=");
            wire.send("QUIT\r\n");
            await().until(() -> !store.releases.isEmpty());
            wire.reset();
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
            assertThat(log.lines()).isEmpty();
            finish.tryEmitEmpty();
            await().until(() -> finished.getCount() == 0 && log.lines().size() == 1);
            assertThat(log.lines().get(0)).contains(" deleted=1 ").endsWith("reason=disconnected");
        }
    }

    @ParameterizedTest
    @CsvSource({"KEEP,2", "APPLY,1"})
    void aDroppedClientDeletesWhatTheSettingSays(OnDisconnect setting, int left) {
        MemoryMailStore store = postel();
        try (TestServer server = TestServer.over(store, settings -> settings.withOnDisconnect(setting))) {
            Wire wire = server.logIn();
            wire.ask("READ 1", "=");
            wire.send("RETR\r\n").octets(ONE.length());
            wire.ask("ACKD", "=");
            wire.close();
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
            assertThat(sizes(store)).hasSize(left);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HELO postel secret\r\n", "HELO postel secret\r\nREAD 1\r\n"})
    void aClientThatDropsInAnyStateDeletesNothing(String sent) {
        MemoryMailStore store = postel();
        try (TestServer server = TestServer.over(store)) {
            Wire wire = server.connect();
            wire.send(sent + "RE");
            wire.line();
            wire.reset();
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
            assertThat(sizes(store)).hasSize(2);
        }
    }

    @Test
    void aMailboxOpenedForAClientThatHasGoneIsReleasedUntouched() {
        Sinks.Empty<Void> wait = Sinks.empty();
        ScriptedStore store = new ScriptedStore().mail(10, ONE);
        store.open = mailbox -> wait.asMono().thenReturn(mailbox);
        try (TestServer server = TestServer.over(store)) {
            Wire wire = server.connect();
            wire.send("HELO postel secret\r\n");
            await().until(() -> store.opened.get() == 1);
            wire.reset();
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
            wait.tryEmitEmpty();
            await().untilAsserted(() -> assertThat(store.releases).containsExactly(new BitSet()));
        }
    }

    // ---- two sessions, many sessions

    @Test
    void aHolderThatLosesTheMailboxIsTold() {
        MemoryMailStore store = MemoryMailStore.over(new MemoryData(), new HoldPolicy(Duration.ZERO, Duration.ZERO))
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", ONE);
        try (TestServer server = TestServer.over(store);
                Wire first = server.logIn()) {
            first.ask("READ 1", "=");
            first.send("RETR\r\n").octets(ONE.length());
            first.ask("ACKD", "=0");
            try (Wire second = server.logIn()) {
                first.expect("- mailbox taken over");
                assertThat(first.rest()).isEmpty();
                second.ask("READ 1", "=" + ONE.length());
                second.ask("QUIT", "+");
            }
            assertThat(sizes(store)).hasSize(1);
        }
    }

    @Test
    void aHolderThatLosesTheMailboxInTheMiddleOfAMessageIsCutWithoutALine() {
        ScriptedStore store = new ScriptedStore();
        store.sizes = List.of(1000L);
        store.content = number -> store.pieces(new byte[100], 100).concatWith(Flux.never());
        try (TestServer server = TestServer.over(store);
                Wire wire = server.logIn()) {
            wire.ask("READ 1", "=1000");
            wire.send("RETR\r\n");
            assertThat(wire.octets(100)).hasSize(100);
            store.lost.tryEmitEmpty();
            assertThat(wire.rest()).isEmpty();
        }
    }

    /** As when a process was stopped: the storage's timer and the commands that came meanwhile are there at once. */
    @Test
    void aCommandThatComesWithTheLossIsNotWorkedOn() {
        ScriptedStore store = new ScriptedStore().mail(10, ONE);
        store.onActive =
                () -> CompletableFuture.runAsync(store.lost::tryEmitEmpty).join();
        try (TestServer server = TestServer.over(store);
                Wire wire = server.logIn()) {
            wire.send("READ 1\r\nQUIT\r\n");
            assertThat(wire.rest()).isEqualTo("- mailbox taken over by another session\r\n");
        }
    }

    @Test
    void aBusyMailboxIsRefused() {
        MemoryMailStore store = MemoryMailStore.over(
                        new MemoryData(), new HoldPolicy(Duration.ofHours(1), Duration.ZERO))
                .account("postel", "{PLAIN}secret");
        try (TestServer server = TestServer.over(store);
                Wire first = server.logIn();
                Wire second = server.connect()) {
            second.expect("+");
            second.ask("HELO postel secret", "- mailbox in use");
            assertThat(second.rest()).isEmpty();
            first.ask("QUIT", "+");
        }
    }

    @Test
    void oneConnectionTooManyIsTold() {
        try (TestServer server = TestServer.over(postel(), settings -> settings.withMaxConnections(1));
                Wire first = server.connect()) {
            first.expect("+ POP2");
            try (Wire second = server.connect()) {
                second.expect("- too many connections");
                assertThat(second.rest()).isEmpty();
            }
            await().until(() -> server.server().connections() == 1);
            first.ask("QUIT", "+");
        }
    }

    // ---- bad input

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n|HTTP",
                "\\26\\3\\1\\2\\0|TLS",
                "USER postel\\r\\nPASS secret\\r\\n|POP3",
                "EHLO client\\r\\n|SMTP",
                "SSH-2.0-OpenSSH_9.6\\r\\n|SSH"
            })
    void anotherProtocolIsTold(String start, String name) {
        try (TestServer server = TestServer.over(postel());
                Wire wire = server.connect()) {
            // and more, so that unread input is there when the server closes
            wire.send(start.translateEscapes() + "x".repeat(30_000));
            wire.expect("+ POP2");
            assertThat(wire.rest()).startsWith("- this is POP2").contains(name).endsWith("\r\n");
        }
    }

    @Test
    void anOverLongLineGetsOneErrorLine() {
        try (TestServer server = TestServer.over(postel());
                Wire wire = server.connect()) {
            wire.send("HELO " + "x".repeat(100_000));
            wire.expect("+");
            wire.expect("- a line has at most 512 octets");
            assertThat(wire.rest()).isEmpty();
        }
    }

    @Test
    void garbageLeavesOtherSessionsUnaffected() {
        long seed = 0x937;
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (TestServer server = TestServer.over(postel());
                Wire good = server.logIn()) {
            for (int i = 0; i < 500; i++) {
                byte[] garbage = new byte[1 + random.nextInt(2000)];
                random.nextBytes(garbage);
                try (Wire wire = server.connect()) {
                    wire.send(garbage);
                    wire.endOutput();
                    String said = wire.rest();
                    assertThat(said.lines()).hasSizeLessThanOrEqualTo(2);
                    assertThat(said).startsWith("+ POP2 ");
                }
            }
            good.ask("READ 1", "=" + ONE.length());
            good.ask("QUIT", "+");
        }
    }

    // ---- errors of the storage

    @ParameterizedTest
    @EnumSource(StoreException.Reason.class)
    void anErrorOfTheStorageIsALineWithoutItsWords(StoreException.Reason reason) {
        String line = switch (reason) {
            case BUSY -> "- mailbox in use, try again later";
            case CORRUPT -> "- mailbox is not as it should be, ask the postmaster";
            case CHANGED -> "- mailbox was changed by another program, try again";
            case NO_SPACE, OVER_QUOTA -> "- no space left on the server, try again later";
            case UNKNOWN_OUTCOME -> "- temporary failure, your deletions may have been made: look again";
            case UNAVAILABLE, NOT_FOUND -> "- temporary failure, try again later";
        };
        StoreException error = new StoreException(reason, "/var/mail/postel is odd");
        for (String where : List.of("accounts", "open", "quit", "fold")) {
            ScriptedStore store = new ScriptedStore().mail(10, ONE);
            switch (where) {
                case "accounts" -> store.accounts = user -> Mono.error(error);
                case "open" -> store.open = mailbox -> Mono.error(error);
                default -> store.release = deleted -> Mono.error(error);
            }
            try (TestServer server = TestServer.over(store);
                    Wire wire = server.connect()) {
                wire.expect("+");
                wire.send("HELO postel secret\r\n" + (where.equals("fold") ? "FOLD x" : "QUIT") + "\r\n");
                String said = wire.rest();
                String last = said.substring(said.lastIndexOf("\n", said.length() - 2) + 1);
                assertThat(last)
                        .as(where)
                        .startsWith(where.equals("accounts") ? "- temporary failure" : line)
                        .doesNotContain("/var");
            }
        }
    }

    static List<Arguments> errors() {
        List<Arguments> all = new ArrayList<>();
        for (String where : List.of("accounts", "open", "measure", "content", "buffer", "release")) {
            all.add(Arguments.of(where, new OutOfMemoryError("made by the test")));
            all.add(Arguments.of(where, new NoClassDefFoundError("made by the test")));
            all.add(Arguments.of(where, new IllegalStateException("made by the test")));
        }
        return all;
    }

    /** Reactor passes on some of them by throwing them, in whatever thread. */
    @ParameterizedTest
    @MethodSource("errors")
    void whateverIsThrownEndsTheSessionAndHoldsUpNoStop(String where, Throwable error) {
        ScriptedStore store = new ScriptedStore().mail(10, ONE);
        ContentBuffer bad = new ContentBuffer() {
            @Override
            public ByteBuffer octets() {
                return thrown(error);
            }

            @Override
            public void release() {}
        };
        switch (where) {
            case "accounts" -> store.accounts = user -> thrown(error);
            case "open" -> store.open = mailbox -> Mono.<Mailbox>never().doOnSubscribe(subscribed -> thrown(error));
            case "release" -> store.release = deleted -> thrown(error);
            case "content" -> store.content = number -> thrown(error);
            default -> store.content = number -> Flux.just(bad).publishOn(Schedulers.parallel());
        }
        ClientProfile profile = where.equals("measure") ? ClientProfile.DEFAULT.withWidth(80) : ClientProfile.DEFAULT;
        try (TestServer server = TestServer.over(
                        store,
                        settings -> settings.withStopTimeout(Duration.ofMinutes(5))
                                .withListeners(
                                        List.of(settings.listeners().get(0).withProfile(profile))));
                Wire wire = server.connect()) {
            wire.send("HELO postel secret\r\nREAD 1\r\nRETR\r\nACKS\r\nQUIT\r\n");
            assertThat(wire.rest()).startsWith("+ POP2").doesNotContain("+ bye", "made by");
            await().until(() -> server.server().connections() == 0);
        }
    }

    @SuppressWarnings("TypeParameterUnusedInFormals") // for wherever something is expected
    private static <T> T thrown(Throwable error) {
        if (error instanceof Error e) {
            throw e;
        }
        throw (RuntimeException) error;
    }

    // ---- the log

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "QUIT\\r\\n|quit",
                "HELO postel wrong\\r\\n|login-refused",
                "NONSENSE\\r\\n|protocol-error",
                "GET / HTTP/1.0\\r\\n|wrong-protocol",
                "HELO postel secret\\r\\nREAD 9\\r\\nRETR\\r\\n|no-message",
                "HELO postel secret\\r\\nREAD\\r\\nRETR\\r\\nACKD\\r\\nQUIT\\r\\n|quit",
                "HELO postel secret\\r\\nREAD\\r\\nRETR\\r\\nACKD\\r\\n|disconnected",
                "HELO p\u0007\\u001b[31mostel secret\\r\\n|login-refused"
            })
    void everySessionLeavesOneLine(String sent, String reason) {
        try (LogCapture all = LogCapture.of(org.slf4j.Logger.ROOT_LOGGER_NAME);
                LogCapture log = LogCapture.sessions();
                TestServer server = TestServer.over(postel());
                Wire wire = server.connect()) {
            String text = sent.replace("\\r\\n", "\r\n").replace("\\u001b", "\u001b");
            int port = wire.socket().getLocalPort();
            wire.send(text);
            wire.endOutput();
            wire.rest();
            await().until(() -> log.lines().size() == 1);
            boolean got = text.contains("ACKD");
            boolean quit = text.contains("QUIT");
            boolean in = !reason.equals("login-refused") && text.contains("HELO");
            assertThat(log.lines().get(0).replaceFirst("seconds=[0-5] ", "seconds=0 "))
                    .isEqualTo(String.format(
                            Locale.ROOT,
                            "session-ended session=1 user=%s address=127.0.0.1:%d messages=%d octets=%d deleted=%d discarded=%d"
                                    + " seconds=0 reason=%s",
                            in ? "postel" : "-",
                            port,
                            got ? 1 : 0,
                            got ? ONE.length() : 0,
                            got && quit ? 1 : 0,
                            got && !quit ? 1 : 0,
                            reason));
            assertThat(all.lines()).noneMatch(line -> line.contains("secret") || line.contains("wrong "));
        }
    }

    @Test
    void controlCharactersDoNotReachTheLog() {
        assertThat(LogText.escape("a\r\nb\u001b[31m\u202ec d")).isEqualTo("a??b?[31m?c?d");
    }

    // ---- stop

    @Test
    void aStopEndsIdleSessionsAndTakesNoNewOnes() {
        TestServer server = TestServer.over(postel());
        try (Wire idle = server.logIn()) {
            Mono<Void> stop = server.server().stop();
            stop.subscribe();
            idle.expect("- the server is stopping");
            assertThat(idle.rest()).isEmpty();
            idle.endOutput();
            stop.block(TestServer.LIMIT);
            org.assertj.core.api.Assertions.assertThatThrownBy(server::connect)
                    .hasRootCauseInstanceOf(java.net.ConnectException.class);
        }
    }

    @Test
    void aStopLetsATransferAndAReleaseFinish() {
        int octets = 5_000_000;
        Sinks.Empty<Void> finish = Sinks.empty();
        ScriptedStore store = new ScriptedStore().big(octets);
        store.release = deleted -> finish.asMono();
        TestServer server = TestServer.over(store);
        try (Wire loading = server.logIn();
                Wire releasing = server.logIn()) {
            loading.ask("READ 1", "=" + octets);
            loading.send("RETR\r\n");
            assertThat(loading.octets(1)).hasSize(1);
            releasing.send("QUIT\r\n");
            await().until(() -> store.releases.size() == 1);
            Mono<Void> stop = server.server().stop();
            stop.subscribe();
            assertThat(loading.octets(octets - 1)).hasSize(octets - 1);
            loading.expect("- the server is stopping");
            finish.tryEmitEmpty();
            releasing.expect("+ bye");
            stop.block(TestServer.LIMIT);
        }
        assertThat(store.liveBuffers).hasValue(0);
    }

    @Test
    void aStopCutsWhatIsStillBusyAfterItsLimit() {
        ScriptedStore store = new ScriptedStore().big(50L << 20);
        TestServer server = TestServer.over(store, settings -> settings.withStopTimeout(Duration.ofMillis(200)));
        try (Wire stalled = Wire.to(server.address(), 4096)) {
            stalled.send("HELO postel secret\r\nREAD\r\nRETR\r\n");
            await().until(() -> store.liveBuffers.get() > 0);
            server.server().stop().block(TestServer.LIMIT);
        }
        assertThat(store.releases).containsExactly(new BitSet());
        assertThat(store.liveBuffers).hasValue(0);
    }

    @Test
    void aStopThatWasCutStillWaitsForTheRelease() {
        Sinks.Empty<Void> finish = Sinks.empty();
        ScriptedStore store = new ScriptedStore().mail(10, ONE);
        store.release = deleted -> finish.asMono();
        TestServer server = TestServer.over(store, settings -> settings.withStopTimeout(Duration.ofMillis(200)));
        try (LogCapture log = LogCapture.sessions();
                Wire wire = server.logIn()) {
            wire.send("QUIT\r\n");
            await().until(() -> store.releases.size() == 1);
            CountDownLatch stopped = new CountDownLatch(1);
            server.server().stop().subscribe(nothing -> {}, error -> {}, stopped::countDown);
            await().until(() -> server.server().connections() == 0);
            assertThat(stopped.getCount()).isOne();
            finish.tryEmitEmpty();
            await().atMost(TestServer.LIMIT).until(() -> stopped.getCount() == 0);
            assertThat(log.lines()).hasSize(1);
        }
    }
}
