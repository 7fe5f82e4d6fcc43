package org.pop2.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.pop2.client.Pop2ClientException.Reason;
import org.pop2.protocol.ClientAction;
import org.pop2.protocol.ClientConnection;
import org.pop2.protocol.ClientEffect;
import org.pop2.protocol.ClientEnd;
import org.pop2.protocol.ClientSession;
import org.pop2.protocol.Command;
import org.pop2.protocol.Input;
import org.pop2.protocol.Reply;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.netty.Connection;

/**
 * One connection: what the {@link ClientSession} wants, done. Everything happens on the connection's event loop, and a
 * command always by way of its queue: octets that came after a reply are looked at before anything more is sent.
 *
 * <p>One buffer at a time is asked of the socket: within a message when its reader wants one, and else always, so that
 * a lost connection and octets that nobody asked for are seen before an acknowledgement goes out.
 *
 * <p>It knows what servers really say: KA9Q NOS and JNOS answer a login that finds no mail {@code + No mail} instead of
 * {@code #0}.
 */
final class Conversation extends BaseSubscriber<ByteBuf> {
    private static final int MOST_SHOWN = 200;
    private static final String NO_MAIL = "No mail";

    private final Connection connection;
    private final EventLoop loop;
    private final ClientSettings limits;
    private final ClientConnection pop2;
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final BareLineFeeds lineFeeds = new BareLineFeeds();

    // of the event loop
    private @Nullable MonoSink<Long> waiting;
    private @Nullable FluxSink<ByteBuf> content;
    private boolean asked;
    private boolean loggingIn;
    private boolean counted;
    private boolean quitting;
    private @Nullable Pop2ClientException failure;
    private @Nullable Future<?> timer;

    Conversation(Connection connection, ClientSettings limits, Command.Helo helo) {
        this.connection = connection;
        this.loop = connection.channel().eventLoop();
        this.limits = limits;
        this.pop2 = new ClientConnection(helo, ClientSession.OnTrouble.CLOSE);
    }

    /** Waits for the greeting and logs in; emits the number of messages. Call once. */
    Mono<Long> logIn() {
        return answer(() -> {
            arm(limits.replyTimeout(), "no greeting");
            connection.inbound().receive().subscribe(this);
        });
    }

    /** Sends a command that is answered with a number, or with the end of the session, in which case 0 is emitted. */
    Mono<Long> say(Command command) {
        return answer(() -> {
            if (pop2.isInsideLine()) {
                fail(Reason.PROTOCOL_ERROR, "the server said something that nobody asked for");
            } else {
                List<ClientEffect> effects = pop2.choose(command);
                quitting = command.input() == Input.QUIT;
                perform(effects);
            }
        });
    }

    private Mono<Long> answer(Runnable question) {
        return Mono.create(sink -> {
            sink.onCancel(this::close);
            loop.execute(() -> {
                if (failure != null) {
                    sink.error(failure);
                } else if (waiting != null) {
                    sink.error(new IllegalStateException("the server's answer to another command is awaited"));
                } else {
                    waiting = sink;
                    try {
                        question.run();
                    } catch (IllegalStateException | IllegalArgumentException e) {
                        // a command that does not belong here, or does not fit into a line: nothing was sent
                        waiting = null;
                        sink.error(e);
                    }
                }
            });
        });
    }

    /** Sends RETR when the first octets are requested. Subscribe once. */
    Flux<ByteBuf> content() {
        return Flux.<ByteBuf>create(sink -> {
                    AtomicBoolean begun = new AtomicBoolean();
                    sink.onCancel(() -> loop.execute(() -> abandon(sink)));
                    sink.onRequest(more -> loop.execute(() -> {
                        if (begun.compareAndSet(false, true)) {
                            retrieve(sink);
                        } else if (content == sink) {
                            ask();
                        }
                    }));
                })
                .doOnDiscard(ByteBuf.class, ReferenceCountUtil::safeRelease);
    }

    private void retrieve(FluxSink<ByteBuf> sink) {
        if (failure != null) {
            sink.error(failure);
        } else if (!pop2.choices().contains(Input.RETR)) {
            sink.error(new IllegalStateException("this message cannot be read now: another command is under way"));
        } else if (pop2.isInsideLine()) {
            fail(Reason.PROTOCOL_ERROR, "the server said something that nobody asked for");
            sink.error(over());
        } else {
            content = sink;
            lineFeeds.begin();
            perform(pop2.choose(Command.RETR));
            arm(limits.stallTimeout(), "no octet of the message");
        }
    }

    private void abandon(FluxSink<ByteBuf> sink) {
        if (content == sink) {
            fail(Reason.CLOSED, "the message was not wanted to its end");
        }
    }

    /** Closes the connection, without QUIT, if it is open. */
    void close() {
        loop.execute(() -> fail(Reason.CLOSED, "closed"));
    }

    /** The exception for calls after the end. */
    private Pop2ClientException over() {
        return failure == null ? new Pop2ClientException(Reason.CLOSED, "the session is over") : failure;
    }

    /** Fails as soon as the session is over. */
    <T> Mono<T> failed() {
        return ended.asMono().then(Mono.error(this::over));
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        ask();
    }

    @Override
    protected void hookOnNext(ByteBuf octets) {
        asked = false;
        while (octets.isReadable() && failure == null) {
            if (pop2.missing() > 0) {
                message(octets);
            } else {
                line(octets);
            }
        }
        ask();
    }

    @Override
    protected void hookOnComplete() {
        if (failure == null) {
            perform(pop2.lost());
        }
    }

    @Override
    protected void hookOnError(Throwable broken) {
        if (ClientTls.isTls(broken)) {
            // with TLS 1.3 a server refuses a client's certificate, or misses it, when the handshake is over here
            fail(Reason.TLS, "TLS failed: " + broken.getMessage());
        } else if (failure == null) {
            perform(pop2.lost());
        }
    }

    private void ask() {
        FluxSink<ByteBuf> reader = content;
        boolean wanted = pop2.missing() == 0 || (reader != null && reader.requestedFromDownstream() > 0);
        if (failure == null && !asked && wanted) {
            asked = true;
            if (pop2.missing() > 0) {
                arm(limits.stallTimeout(), "the message stands still");
            }
            request(1);
        }
    }

    private void message(ByteBuf octets) {
        FluxSink<ByteBuf> reader = content;
        ByteBuf part = reader == null ? null : part(octets);
        if (part == null || reader == null) {
            fail(Reason.PROTOCOL_ERROR, "the message has more octets than announced");
            return;
        }
        disarm();
        int length = part.readableBytes();
        reader.next(part);
        List<ClientEffect> effects = pop2.took(length);
        if (pop2.missing() == 0) {
            content = null;
            perform(effects);
            reader.complete();
        }
    }

    /** The next part of the message for its reader; {@code null} if more octets have to come first. */
    private @Nullable ByteBuf part(ByteBuf octets) {
        if (limits.countLineFeeds()) {
            try {
                return lineFeeds.mended(octets, pop2.missing());
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
        int length = octets.readableBytes();
        if (length > pop2.missing()) {
            return null;
        }
        lineFeeds.count(octets);
        return octets.readRetainedSlice(length);
    }

    /** Whether exactly one octet is missing for each line end that came as a bare LF. */
    private boolean isShortByItsLineFeeds() {
        return pop2.missing() > 0 && pop2.missing() == lineFeeds.seen();
    }

    private void line(ByteBuf octets) {
        ByteBuffer view = octets.nioBuffer();
        @Nullable Reply reply = pop2.hear(view);
        octets.skipBytes(octets.readableBytes() - view.remaining());
        if (reply != null) {
            boolean none = loggingIn && !counted && reply instanceof Reply.Success success && isNoMail(success.text());
            perform(pop2.heard(none ? new Reply.Count(0, "no mail") : reply));
        }
    }

    private static boolean isNoMail(String text) {
        return text.regionMatches(true, 0, NO_MAIL, 0, NO_MAIL.length());
    }

    private void perform(List<ClientEffect> effects) {
        for (ClientEffect effect : effects) {
            if (effect instanceof ClientEffect.Send send) {
                send(send);
            } else if (effect instanceof ClientEffect.Choose choose) {
                disarm();
                counted |= choose.action() == ClientAction.CHOOSE_MESSAGE;
                answered(choose.number());
            } else if (effect instanceof ClientEffect.Close close) {
                closed(close.end(), close.text());
            }
        }
    }

    private void answered(long number) {
        MonoSink<Long> asking = waiting;
        if (asking != null) {
            waiting = null;
            asking.success(number);
        }
    }

    private void send(ClientEffect.Send what) {
        Command command = what.command();
        byte[] line = what.octets();
        loggingIn |= command.input() == Input.HELO;
        arm(limits.replyTimeout(), "no reply to " + command.input());
        connection.channel().writeAndFlush(Unpooled.wrappedBuffer(line)).addListener(written -> {
            // it may hold a password
            Arrays.fill(line, (byte) 0);
            if (!written.isSuccess() && failure == null) {
                perform(pop2.lost());
            }
        });
    }

    private void arm(Duration limit, String what) {
        disarm();
        timer = loop.schedule(
                () -> {
                    if (failure == null) {
                        timedOut(what + " within " + limit);
                    }
                },
                limit.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void timedOut(String what) {
        if (isShortByItsLineFeeds()) {
            fail(Reason.COUNTS_CRLF, countsCrlf());
            return;
        }
        fail(quitting ? Reason.UNCONFIRMED : Reason.TIMED_OUT, what);
    }

    private void disarm() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void closed(ClientEnd end, String text) {
        if (end == ClientEnd.QUIT) {
            MonoSink<Long> asking = waiting;
            waiting = null;
            finish(new Pop2ClientException(Reason.CLOSED, "the session is over"));
            if (asking != null) {
                asking.success(0L);
            }
            return;
        }
        String said = shown(text);
        switch (end) {
            case REFUSED -> {
                fail(loggingIn && !counted ? Reason.LOGIN_REFUSED : Reason.REFUSED, "the server said: - " + said);
            }
            case PROTOCOL_ERROR -> {
                if (loggingIn) {
                    fail(Reason.PROTOCOL_ERROR, "the server broke the protocol: " + said);
                } else {
                    fail(Reason.NOT_POP2, "this is no POP2 server: " + said);
                }
            }
            case TIMED_OUT -> fail(Reason.TIMED_OUT, said);
            case DISCONNECTED -> {
                if (isShortByItsLineFeeds()) {
                    fail(Reason.COUNTS_CRLF, countsCrlf());
                } else {
                    fail(Reason.DISCONNECTED, lost());
                }
            }
            case UNCONFIRMED, QUIT -> fail(Reason.UNCONFIRMED, "no + to QUIT: it is not known what is deleted");
        }
    }

    private String countsCrlf() {
        return "the server counts CRLF at the end of each line and sends LF, as JNOS does: the message's last "
                + pop2.missing() + " octets never come";
    }

    private String lost() {
        return pop2.missing() > 0
                ? "the connection was lost, " + pop2.missing() + " octets of the message are missing"
                : "the connection was lost";
    }

    private void fail(Reason reason, String text) {
        if (failure != null) {
            return;
        }
        Pop2ClientException why = new Pop2ClientException(reason, text);
        MonoSink<Long> asking = waiting;
        FluxSink<ByteBuf> reader = content;
        waiting = null;
        content = null;
        finish(why);
        if (reader != null) {
            reader.error(why);
        }
        if (asking != null) {
            asking.error(why);
        }
    }

    private void finish(Pop2ClientException why) {
        failure = why;
        disarm();
        pop2.wipe();
        // releases what was received and not asked for
        cancel();
        connection.dispose();
        ended.tryEmitEmpty();
    }

    /** A peer's words, safe for a terminal or a log. */
    private static String shown(String text) {
        String safe = text.replaceAll("[^\\x20-\\x7e]", "?");
        return safe.length() <= MOST_SHOWN ? safe : safe.substring(0, MOST_SHOWN) + "...";
    }
}
