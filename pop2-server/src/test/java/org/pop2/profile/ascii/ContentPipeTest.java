package org.pop2.profile.ascii;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.ProfiledMailbox;
import org.pop2.profile.Quirk;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** A message on its way to the thread that converts it: few buffers, all of them given back, nobody waits for ever. */
class ContentPipeTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final AtomicInteger live = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    private ContentBuffer counted(String text) {
        most.accumulateAndGet(live.incrementAndGet(), Math::max);
        ByteBuffer octets = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
        return new ContentBuffer() {
            @Override
            public ByteBuffer octets() {
                return octets;
            }

            @Override
            public void release() {
                live.decrementAndGet();
            }
        };
    }

    private Flux<ContentBuffer> mail(int lines) {
        return Flux.range(0, lines + 1)
                .map(i -> counted(i == 0 ? "Subject: x\r\n\r\n" : "line " + i + "\r\n"))
                .doOnDiscard(ContentBuffer.class, ContentBuffer::release);
    }

    private static void soon(Callable<Boolean> condition) {
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(condition);
    }

    private static String text(Converted converted) {
        return new String(converted.octets(), StandardCharsets.US_ASCII);
    }

    @Test
    void aMessageFromAnotherThreadIsConvertedWithFewBuffers() {
        Converted converted =
                Objects.requireNonNull(Conversion.of(mail(2000).publishOn(Schedulers.parallel(), 1), 0, true, false)
                        .block(LIMIT));
        assertThat(text(converted)).contains("line 1\r\n").endsWith("line 2000\r\n");
        assertThat(live).hasValue(0);
        assertThat(most.get()).isLessThanOrEqualTo(ContentPipe.WINDOW + 2);
    }

    @Test
    void aConversionThatIsCancelledGivesBackBuffersAndThread() {
        ThreadPoolExecutor pool = Conversion.pool(1, 10);
        AtomicInteger cancelled = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            Flux<ContentBuffer> endless = mail(3).concatWith(Flux.never()).doOnCancel(cancelled::incrementAndGet);
            Disposable conversion = Conversion.of(endless, 0, true, false, pool, TimeUnit.MINUTES.toNanos(1))
                    .subscribe();
            if (i % 2 == 0) {
                soon(() -> pool.getActiveCount() == 1);
            }
            conversion.dispose();
            soon(() -> pool.getActiveCount() == 0 && pool.getQueue().isEmpty());
        }
        assertThat(live).hasValue(0);
        assertThat(cancelled.get()).isBetween(50, 100);
        pool.shutdown();
    }

    @Test
    void anErrorOfTheStorageIsTheConversionsError() {
        StoreException torn = new StoreException(Reason.CORRUPT, "torn");
        assertThatThrownBy(() -> Conversion.of(mail(3).concatWith(Flux.error(torn)), 0, true, false)
                        .block(LIMIT))
                .isSameAs(torn);
        assertThat(live).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anyErrorIsTheConversionsErrorAndNobodyWaitsForEver(boolean whileReading) {
        Error error = new OutOfMemoryError("made by the test");
        ContentBuffer bad = new ContentBuffer() {
            @Override
            public ByteBuffer octets() {
                throw error;
            }

            @Override
            public void release() {}
        };
        Publisher<ContentBuffer> message = whileReading
                ? mail(3).concatWith(Flux.just(bad))
                : subscriber -> {
                    throw error;
                };
        assertThat(Conversion.of(message, 0, true, false).toFuture())
                .failsWithin(LIMIT)
                .withThrowableOfType(ExecutionException.class)
                .withCause(error);
        assertThat(live).hasValue(0);
    }

    @Test
    void whoFindsAllThreadsBusyWaitsAndNotForEver() {
        ThreadPoolExecutor pool = Conversion.pool(1, 1);
        Disposable busy = Conversion.of(Flux.never(), 0, true, false, pool, TimeUnit.MINUTES.toNanos(1))
                .subscribe();
        await().until(() -> pool.getActiveCount() == 1);
        // in the queue, until its time is over
        assertThatThrownBy(() -> Conversion.of(mail(1), 0, true, false, pool, TimeUnit.MILLISECONDS.toNanos(50))
                        .block(LIMIT))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE));
        List<Converted> done = new ArrayList<>();
        Conversion.of(mail(1), 0, true, false, pool, TimeUnit.MINUTES.toNanos(1))
                .subscribe(done::add);
        // and the queue is full
        assertThatThrownBy(() -> Conversion.of(mail(1), 0, true, false, pool, TimeUnit.MINUTES.toNanos(1))
                        .block(LIMIT))
                .hasMessageContaining("too many messages wait");
        assertThat(done).isEmpty();
        busy.dispose();
        await().until(() -> done.size() == 1);
        assertThat(live).hasValue(0);
        pool.shutdown();
    }

    @Test
    void aStorageThatStopsGivingIsNotWaitedForForEver() throws Exception {
        ContentPipe pipe = new ContentPipe(TimeUnit.MILLISECONDS.toNanos(50), TimeUnit.MINUTES.toNanos(1));
        mail(1).concatWith(Flux.never()).subscribe(pipe);
        Converted converted = new Converter(78, true, false).convert(pipe);
        assertThat(converted.complete()).isFalse();
        assertThat(pipe.failure()).isInstanceOf(StoreException.class);
        pipe.close();
        assertThat(live).hasValue(0);
    }

    @Test
    void aStorageThatNeverStopsGivingIsNotReadForEver() throws Exception {
        ContentPipe pipe = new ContentPipe(TimeUnit.MINUTES.toNanos(1), TimeUnit.MILLISECONDS.toNanos(200));
        Flux.<ContentBuffer>generate(sink -> sink.next(counted("x".repeat(1000))))
                .subscribe(pipe);
        assertThat(new Converter(78, true, false).convert(pipe).complete()).isFalse();
        assertThat(pipe.failure()).hasMessageContaining("took too long");
        pipe.close();
        assertThat(live).hasValue(0);
    }

    @Test
    void clientsThatTakeTheirTimeHoldNoThread() {
        String line = "Gr=C3=BC=C3=9Fe, so many that they do not fit into one buffer\r\n";
        byte[] mail = ("Content-Transfer-Encoding: quoted-printable\r\n\r\n" + line.repeat(2000))
                .getBytes(StandardCharsets.US_ASCII);
        ClientProfile profile = ClientProfile.DEFAULT.with(Quirk.ASCII);
        List<ContentBuffer> taken = new ArrayList<>();
        List<Disposable> clients = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            OneMessage message = new OneMessage(mail, new Random(i));
            ProfiledMailbox mailbox = new ProfiledMailbox(message, profile, Instant.EPOCH);
            mailbox.measure(1).block(LIMIT);
            clients.add(mailbox.content(1).subscribeWith(new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                    subscription.request(1);
                }

                @Override
                protected void hookOnNext(ContentBuffer buffer) {
                    taken.add(buffer);
                }
            }));
            assertThat(message.live()).isZero();
        }
        assertThat(taken).hasSize(200);
        assertThat(clients).noneMatch(Disposable::isDisposed);
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("pop2-ascii-")))
                .hasSizeLessThan(20);
        assertThat(Conversion.of(mail(1), 0, true, false).block(LIMIT)).isNotNull();
        clients.forEach(Disposable::dispose);
    }

    /** 1 GiB, of which nothing but a few buffers is there at a time: it would not fit into this test's heap. */
    @Test
    void ofAMessageOfAGibibyteOnlyALittleIsHeld() {
        assertThat(Runtime.getRuntime().maxMemory()).isLessThan(1L << 30);
        byte[] block = new byte[64 * 1024];
        for (int i = 0; i < block.length; i++) {
            block[i] = (byte) (i * 31);
        }
        Flux<ContentBuffer> message = Flux.concat(
                Flux.just(counted("""
                        Subject: big\r
                        Content-Type: multipart/mixed; boundary=b\r
                        \r
                        --b\r
                        \r
                        See film.\r
                        --b\r
                        Content-Type: video/mp4; name=film.mp4\r
                        Content-Transfer-Encoding: binary\r
                        \r
                        """)),
                Flux.range(0, (1 << 30) / block.length)
                        .map(i -> ContentBuffer.unpooled(ByteBuffer.wrap(block).asReadOnlyBuffer())),
                Flux.just(counted("\r\n--b--\r\n")));
        Converted converted =
                Objects.requireNonNull(Conversion.of(message, 0, true, false).block(LIMIT));
        assertThat(text(converted))
                .contains("See film.\r\n")
                .contains("[attachment: film.mp4, video/mp4, 1 073 741 824 octets]");
        assertThat(converted.complete()).isFalse();
        assertThat(live).hasValue(0);
    }
}
