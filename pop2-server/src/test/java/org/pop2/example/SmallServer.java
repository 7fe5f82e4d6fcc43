package org.pop2.example;

import java.net.InetSocketAddress;
import org.pop2.auth.Authenticator;
import org.pop2.auth.Verdict;
import org.pop2.protocol.Secret;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerObserver;
import org.pop2.server.ServerSettings;
import org.pop2.storage.MailStore;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The README's server. */
final class SmallServer {
    /** Who the program says may log in; may block. */
    interface Directory {
        boolean bind(String user, Secret password);
    }

    private SmallServer() {}

    static Mono<Pop2Server> start(InetSocketAddress address, Directory directory) {
        MailStore store = MemoryMailStore.create()
                .account("smith", "{PLAIN}-")
                .message("smith", "INBOX", "Subject: one\r\n\r\nHello\r\n");
        return Pop2Server.start(
                ServerSettings.defaults().withAddress(address),
                Authenticator.Settings.defaults(),
                (user, password, peer) -> Mono.fromCallable(() -> directory.bind(user, password))
                        .subscribeOn(Schedulers.boundedElastic())
                        .map(right -> right ? Verdict.accepted(new UserName(user)) : Verdict.REFUSED),
                store,
                ServerObserver.NONE);
    }
}
