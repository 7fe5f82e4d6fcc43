package org.pop2.storage.tck.broken;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.tck.MailStoreContract;

/**
 * The contract, tried on a storage with a fault, or without. Its name is none that a build looks for: it is run by
 * {@link BrokenStoresTest}, and most of it has to fail.
 */
@ExtendWith(BrokenContract.FaultResolver.class)
class BrokenContract extends MailStoreContract {
    static final String FAULT = "pop2.tck.fault";

    private final Bench bench = new Bench();
    private final Optional<Fault> fault;

    BrokenContract(Optional<Fault> fault) {
        this.fault = fault;
    }

    @Override
    protected MailStore open(HoldPolicy policy) {
        return fault.map(broken -> broken.storage(bench, policy)).orElseGet(() -> bench.healthy(policy));
    }

    @Override
    protected OptionalLong liveBuffers() {
        return OptionalLong.of(bench.data.liveBuffers());
    }

    /** A broken storage lets the tests wait in vain; a healthy one, in memory, never needs long. */
    @Override
    protected Duration limit() {
        return fault.isPresent() ? Duration.ofMillis(500) : Duration.ofSeconds(30);
    }

    /** Hands over the fault that the run is about. */
    static final class FaultResolver implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Optional.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getConfigurationParameter(FAULT, Fault::valueOf);
        }
    }
}
