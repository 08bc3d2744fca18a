package carve.cuda;

import carve.api.device.DeviceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The kernels that a device has compiled and loaded so far: each file when something of it is first asked for. */
final class Modules {
    /** What every kernel includes. */
    static final String HEADER = "carve.cuh";

    private record File(String name, List<String> options) {}

    private record Entry(File file, String kernel) {}

    private final Driver driver;
    private final Compiler compiler;
    private final Map<File, Long> modules = new HashMap<>();
    private final Map<Entry, Long> functions = new HashMap<>();

    private record Foreign(Source source, String kernel) {}

    private final Map<Source, Long> foreignModules = new HashMap<>();
    private final Map<Foreign, Long> foreignFunctions = new HashMap<>();

    Modules(Driver driver, Compiler compiler) {
        this.driver = driver;
        this.compiler = compiler;
    }

    /** Returns a kernel of one of our files. */
    long function(String file, String kernel, String... options) {
        var entry = new Entry(new File(file, List.of(options)), kernel);
        return functions.computeIfAbsent(entry, e -> driver.function(module(e.file()), kernel));
    }

    /** Returns a kernel of a source that is not ours. */
    long function(Source source, String kernel) {
        return foreignFunctions.computeIfAbsent(
                new Foreign(source, kernel),
                _ -> driver.function(foreignModules.computeIfAbsent(source, this::load), kernel));
    }

    private long load(Source source) {
        return driver.load(compiler.compile(source, driver.card().architecture()));
    }

    private long module(File file) {
        Long known = modules.get(file);
        if (known != null) {
            return known;
        }
        long module = load(new Source(file.name() + ".cu", text(file.name() + ".cu"), file.options()));
        modules.put(file, module);
        return module;
    }

    /** Returns a file of CUDA C++ of this plugin. */
    static String text(String file) {
        try (InputStream in = Modules.class.getResourceAsStream("kernels/" + file)) {
            if (in == null) {
                throw new DeviceException("cuda: this plugin has no file " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
