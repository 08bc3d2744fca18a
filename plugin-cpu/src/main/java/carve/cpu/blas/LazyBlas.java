package carve.cpu.blas;

import carve.api.device.DeviceException;
import carve.cpu.config.CpuConfig.BlasMode;
import carve.cpu.thread.ThreadPool;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A {@link Blas} that is loaded when the first product asks for it: loading takes up to half a second and, once on a machine, unpacks up to
 * hundreds of megabytes. The log says once whether it is used. Used by one thread.
 */
public final class LazyBlas {
    private static final System.Logger LOG = System.getLogger(
            LazyBlas.class.getModule().isNamed()
                    ? LazyBlas.class.getModule().getName()
                    : LazyBlas.class.getPackageName());

    private final String name;
    private final BlasMode mode;
    private final boolean required;
    private final Supplier<Blas> loader;
    private boolean tried;
    private Optional<Blas> loaded = Optional.empty();
    private String reason = "";

    private LazyBlas(String name, BlasMode mode, boolean required, Supplier<Blas> loader) {
        this.name = name;
        this.mode = mode;
        this.required = required;
        this.loader = loader;
    }

    /** Returns oneDNN, which {@link BlasMode#ONEDNN} requires. */
    public static LazyBlas oneDnn(BlasMode mode, LazyOneDnn oneDnn, ThreadPool threadPool) {
        return new LazyBlas(
                "oneDNN",
                mode,
                mode == BlasMode.ONEDNN,
                () -> new OneDnnBlas(
                        oneDnn.engine().orElseThrow(() -> new DeviceException(oneDnn.reason())), threadPool));
    }

    /** Returns ND4J, which {@link BlasMode#ND4J} requires. */
    public static LazyBlas nd4j(BlasMode mode) {
        // not Nd4jBlas::new, which would load the class here, where its libraries may be missing
        return new LazyBlas("ND4J", mode, mode == BlasMode.ND4J, () -> new Nd4jBlas());
    }

    /**
     * Returns the reason why the library is not available, or an empty string; loads it at the first call.
     *
     * @throws DeviceException if the settings require the library and it cannot be loaded
     */
    public String reasonAgainst() {
        load();
        if (loaded.isEmpty() && required) {
            throw new DeviceException("cpu: blas = %s, but %s could not be loaded: %s; use blas = auto"
                    .formatted(mode.name().toLowerCase(Locale.ROOT), name, reason));
        }
        return reason;
    }

    /** Returns the library, which is available. */
    public Blas blas() {
        load();
        return loaded.orElseThrow();
    }

    private void load() {
        if (tried) {
            return;
        }
        tried = true;
        try {
            loaded = Optional.of(loader.get());
            LOG.log(
                    Level.INFO,
                    "large matrix products use {0} (blas = {1})",
                    loaded.get().description(),
                    mode.name().toLowerCase(Locale.ROOT));
        } catch (LinkageError | RuntimeException e) { // what a missing library throws depends on what is missing
            reason = e instanceof DeviceException ? e.getMessage() : e.toString();
            LOG.log(Level.INFO, "{0} could not be loaded and is not used for large matrix products: {1}", name, reason);
        }
    }
}
