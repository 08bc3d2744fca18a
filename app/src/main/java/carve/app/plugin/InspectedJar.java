package carve.app.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.FindException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The properties of a jar that checks need, read without loading a class of it.
 *
 * @param label its path in the plugin's folder
 * @param file its path
 * @param readError the reason why it cannot be read, if it cannot
 * @param escaping entries that lead out of the folder in which they would be unpacked
 * @param entries the names of its files
 * @param packages the packages that have classes
 * @param classes versions of its classes; of a library only the first is read
 * @param platforms the platforms of its native libraries
 * @param services implementations that {@code META-INF/services} names, by service; of a module alone
 * @param descriptor of the module, if it is one
 */
record InspectedJar(
        String label,
        Path file,
        Optional<String> readError,
        List<String> escaping,
        Set<String> entries,
        Set<String> packages,
        ClassVersionCheck classes,
        Set<String> platforms,
        Map<String, List<String>> services,
        Optional<ModuleDescriptor> descriptor) {
    static final String MODULE_INFO = "module-info.class";

    private static final String CLASS = ".class";
    private static final String VERSIONS = "META-INF/versions/";
    private static final String SERVICES = "META-INF/services/";
    private static final Pattern ABSOLUTE = Pattern.compile("[/\\\\].*|[A-Za-z]:.*");

    /** Reads a jar that is to be a module. */
    static InspectedJar module(Path jar) {
        InspectedJar plain = read(jar, jar.getFileName().toString(), true);
        if (plain.readError.isPresent() || !plain.classes.allUsable()) {
            return plain;
        }
        try {
            return plain.with(ModuleFinder.of(jar).findAll().stream()
                    .map(found -> found.descriptor())
                    .filter(descriptor -> !descriptor.isAutomatic())
                    .findFirst());
        } catch (FindException e) {
            return failed(jar, plain.label, e.getCause() == null ? e.getMessage() : reason(e.getCause()));
        }
    }

    /** Reads a jar that is to be on a class path. */
    static InspectedJar library(Path jar) {
        return read(jar, PluginFiles.LIBRARIES + "/" + jar.getFileName(), false);
    }

    /** Returns whether an entry of an archive leads out of the folder in which it would be unpacked. */
    static boolean escapes(String entry) {
        boolean suspect = entry.contains("..")
                || entry.indexOf('\\') >= 0
                || entry.indexOf(':') >= 0
                || entry.startsWith("/")
                || entry.indexOf('\0') >= 0;
        return suspect && leadsOut(entry);
    }

    private static boolean leadsOut(String entry) {
        return ABSOLUTE.matcher(entry).matches()
                || List.of(entry.split("[/\\\\]")).contains("..")
                || entry.indexOf('\0') >= 0;
    }

    private static InspectedJar read(Path jar, String label, boolean module) {
        try (ZipFile zip = new ZipFile(jar.toFile(), StandardCharsets.UTF_8)) {
            EntryScanner entryScanner = new EntryScanner(zip, module);
            for (ZipEntry entry : zip.stream().toList()) {
                entryScanner.add(entry);
            }
            return entryScanner.archive(label, jar);
        } catch (IOException | IllegalArgumentException e) {
            return failed(jar, label, reason(e));
        }
    }

    private static String reason(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static InspectedJar failed(Path jar, String label, String reason) {
        return new InspectedJar(
                label,
                jar,
                Optional.of(reason),
                List.of(),
                Set.of(),
                Set.of(),
                new ClassVersionCheck(),
                Set.of(),
                Map.of(),
                Optional.empty());
    }

    private InspectedJar with(Optional<ModuleDescriptor> found) {
        return new InspectedJar(
                label, file, readError, escaping, entries, packages, classes, platforms, services, found);
    }

    /** A collector of the properties of an archive's entries. */
    private static final class EntryScanner {
        private final ZipFile zip;
        private final boolean module;
        private final List<String> escaping = new ArrayList<>();
        private final Set<String> entries = new HashSet<>();
        private final Set<String> packages = new TreeSet<>();
        private final ClassVersionCheck classes = new ClassVersionCheck();
        private final Set<String> machines = new TreeSet<>();
        private final Map<String, List<String>> services = new TreeMap<>();
        private boolean looked;
        private String folder = "";

        private EntryScanner(ZipFile zip, boolean module) {
            this.zip = zip;
            this.module = module;
        }

        private void add(ZipEntry entry) throws IOException {
            String name = entry.getName();
            if (escapes(name)) {
                escaping.add(name);
            } else if (!entry.isDirectory()) {
                entries.add(name);
                if (name.endsWith(CLASS)) {
                    addClass(entry);
                } else if (NativeLibraries.isNativeLibrary(name)) {
                    NativeLibraries.platform(head(entry, NativeLibraries.HEADER))
                            .ifPresent(machines::add);
                } else if (module && name.startsWith(SERVICES)) {
                    services.put(name.substring(SERVICES.length()), implementations(entry));
                }
            }
        }

        private void addClass(ZipEntry entry) throws IOException {
            String name = entry.getName();
            boolean versioned = name.startsWith(VERSIONS); // for a newer Java, which is where it is used
            int end = name.lastIndexOf('/');
            // most classes lie where the one before does
            if (!versioned && end > 0 && (end != folder.length() || !name.startsWith(folder))) {
                folder = name.substring(0, end);
                packages.add(folder.replace('/', '.'));
            }
            if (!versioned && (module || !looked)) {
                looked = true;
                classes.add(name, head(entry, ClassVersionCheck.HEADER));
            }
        }

        private byte[] head(ZipEntry entry, int length) throws IOException {
            try (InputStream stream = zip.getInputStream(entry)) {
                return stream.readNBytes(length);
            }
        }

        private List<String> implementations(ZipEntry entry) throws IOException {
            try (InputStream stream = zip.getInputStream(entry)) {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .map(line -> line.split("#", 2)[0].strip())
                        .filter(line -> !line.isEmpty())
                        .toList();
            }
        }

        private InspectedJar archive(String label, Path jar) {
            return new InspectedJar(
                    label,
                    jar,
                    Optional.empty(),
                    List.copyOf(escaping),
                    entries,
                    packages,
                    classes,
                    machines,
                    services,
                    Optional.empty());
        }
    }
}
