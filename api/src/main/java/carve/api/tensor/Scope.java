package carve.api.tensor;

import carve.api.device.Buffer;
import carve.api.device.Device;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The lifetime of device memory, which cannot wait for the collector: what is born in {@link #run} dies with it, except
 * what the body returns.
 *
 * <p>Returned are the tensors in a result that is a tensor, an {@link Optional}, an {@link Iterable} or the values of a
 * {@link Map} of these; they pass to the enclosing scope. What must outlive every scope (the tensors of a state, a
 * parameter) is handed to {@link #keep} and closed by who keeps it.
 */
public final class Scope {
    private Scope() {}

    /** Returns what the body returns; everything else that was born on the device meanwhile is released. */
    public static <T> T run(Device device, Supplier<T> body) {
        ScopeStack.Frame frame = device.context().scopes().open();
        Set<Buffer> kept = Collections.newSetFromMap(new IdentityHashMap<>());
        try {
            T result = body.get();
            collect(result, kept);
            return result;
        } finally {
            device.context().scopes().close(frame, kept);
        }
    }

    /** Runs a body that returns nothing; everything that was born on the device meanwhile is released. */
    public static void run(Device device, Runnable body) {
        run(device, () -> {
            body.run();
            return Optional.empty();
        });
    }

    /** Takes a tensor out of all scopes and returns it unwatched; the caller now owns its memory. */
    public static Tensor keep(Tensor tensor) {
        tensor.device().context().scopes().keep(tensor.buffer());
        return tensor.detach();
    }

    private static void collect(Object result, Set<Buffer> kept) {
        switch (result) {
            case Tensor tensor -> kept.add(tensor.buffer());
            case Optional<?> optional -> optional.ifPresent(value -> collect(value, kept));
            case Iterable<?> values -> values.forEach(value -> collect(value, kept));
            case Map<?, ?> map -> map.values().forEach(value -> collect(value, kept));
            default -> {}
        }
    }
}
