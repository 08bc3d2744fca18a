package carve.app.plugin;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.InvalidModuleDescriptorException;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The properties of a jar that checks need, read without loading a class of it. No entry is read beyond a limit.
 *
 * @param source the jar
 * @param readError the reason why it cannot be read, if it cannot
 * @param escaping entries that lead out of the folder in which they would be unpacked
 * @param entries the names of its files
 * @param packages the packages that have classes
 * @param classes versions of its classes; of a library only the first is read
 * @param platforms the platforms of its native libraries
 * @param services implementations that {@code META-INF/services} names, by service; of a module alone
 * @param plugin the name of the plugin that the manifest has
 * @param descriptor of the module, if it is one
 */
record InspectedJar(
        JarSource source,
        Optional<String> readError,
        List<String> escaping,
        Set<String> entries,
        Set<String> packages,
        ClassVersionCheck classes,
        Set<String> platforms,
        Map<String, List<String>> services,
        Optional<String> plugin,
        Optional<ModuleDescriptor> descriptor) {
    static final String MODULE_INFO = "module-info.class";

    /** The attribute of a jar's manifest that has the name of the plugin. */
    static final String PLUGIN_NAME = "Carve-Plugin";

    // manifests, service files and module descriptors are far smaller
    private static final int MAX_TEXT_BYTES = 1 << 20;

    private static final String CLASS = ".class";
    private static final String VERSIONS = "META-INF/versions/";
    private static final String SERVICES = "META-INF/services/";
    private static final Pattern VERSIONED_MODULE_INFO =
            Pattern.compile("META-INF/versions/([1-9][0-9]{0,3})/module-info[.]class");
    private static final Pattern ABSOLUTE = Pattern.compile("[/\\\\].*|[A-Za-z]:.*");

    /** Reads a jar that is to be a module. */
    static InspectedJar module(JarSource jar) {
        return read(jar, true);
    }

    /** Reads a jar that is to be on a class path. */
    static InspectedJar library(JarSource jar) {
        return read(jar, false);
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

    private static InspectedJar read(JarSource jar, boolean module) {
        EntryScanner scanner = new EntryScanner(module);
        try {
            jar.visit(scanner);
            return scanner.result(jar);
        } catch (IOException | InvalidModuleDescriptorException e) {
            return failed(jar, e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private static InspectedJar failed(JarSource jar, String reason) {
        return new InspectedJar(
                jar,
                Optional.of(reason),
                List.of(),
                Set.of(),
                Set.of(),
                new ClassVersionCheck(),
                Set.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
    }

    /** Returns its path in the plugin's folder. */
    String label() {
        return source.label();
    }

    /** A collector of the properties of an archive's entries. */
    private static final class EntryScanner implements JarSource.Visitor {
        private final boolean module;
        private final List<String> escaping = new ArrayList<>();
        private final Set<String> entries = new HashSet<>();
        private final Set<String> packages = new TreeSet<>();
        private final ClassVersionCheck classes = new ClassVersionCheck();
        private final Set<String> machines = new TreeSet<>();
        private final Map<String, List<String>> services = new TreeMap<>();
        private final NavigableMap<Integer, byte[]> moduleInfos = new TreeMap<>();
        private Attributes manifest = new Attributes();
        private boolean looked;
        private String folder = "";

        private EntryScanner(boolean module) {
            this.module = module;
        }

        @Override
        public void entry(String name, boolean directory, JarSource.Content content) throws IOException {
            if (escapes(name)) {
                escaping.add(name);
            } else if (!directory) {
                entries.add(name);
                if (name.endsWith(CLASS)) {
                    addClass(name, content);
                } else if (NativeLibraries.isNativeLibrary(name)) {
                    NativeLibraries.platform(head(content, NativeLibraries.HEADER))
                            .ifPresent(machines::add);
                } else if (module && name.startsWith(SERVICES)) {
                    services.put(name.substring(SERVICES.length()), implementations(all(name, content)));
                } else if (name.equals(JarFile.MANIFEST_NAME)) {
                    manifest = attributes(all(name, content));
                }
            }
        }

        private void addClass(String name, JarSource.Content content) throws IOException {
            boolean versioned = name.startsWith(VERSIONS); // for a newer Java, which is where it is used
            int end = name.lastIndexOf('/');
            // most classes lie where the one before does
            if (!versioned && end > 0 && (end != folder.length() || !name.startsWith(folder))) {
                folder = name.substring(0, end);
                packages.add(folder.replace('/', '.'));
            }
            Matcher forNewer = VERSIONED_MODULE_INFO.matcher(name);
            if (name.equals(MODULE_INFO)) {
                byte[] bytes = all(name, content);
                moduleInfos.put(0, bytes);
                addVersion(name, Arrays.copyOf(bytes, Math.min(bytes.length, ClassVersionCheck.HEADER)));
            } else if (forNewer.matches()) {
                moduleInfos.put(Integer.parseInt(forNewer.group(1)), all(name, content));
            } else if (!versioned && (module || !looked)) {
                addVersion(name, head(content, ClassVersionCheck.HEADER));
            }
        }

        private void addVersion(String name, byte[] header) {
            looked = true;
            classes.add(name, header);
        }

        private static byte[] head(JarSource.Content content, int length) throws IOException {
            try (InputStream stream = content.open()) {
                return stream.readNBytes(length);
            }
        }

        private static byte[] all(String name, JarSource.Content content) throws IOException {
            try (InputStream stream = content.open()) {
                return LimitedInputStream.readAll(stream, MAX_TEXT_BYTES, name);
            }
        }

        private static Attributes attributes(byte[] manifest) {
            try {
                return new Manifest(new ByteArrayInputStream(manifest)).getMainAttributes();
            } catch (IOException | IllegalArgumentException e) {
                return new Attributes(); // as if there were no manifest
            }
        }

        private static List<String> implementations(byte[] text) {
            return new String(text, StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.split("#", 2)[0].strip())
                    .filter(line -> !line.isEmpty())
                    .toList();
        }

        private Optional<ModuleDescriptor> descriptor() throws IOException {
            boolean multiRelease = "true".equalsIgnoreCase(manifest.getValue(Attributes.Name.MULTI_RELEASE));
            int java = multiRelease ? Runtime.version().feature() : 0;
            Map.Entry<Integer, byte[]> moduleInfo = moduleInfos.floorEntry(java);
            if (moduleInfo == null || !classes.allUsable()) {
                return Optional.empty();
            }
            try {
                return Optional.of(
                        ModuleDescriptor.read(new ByteArrayInputStream(moduleInfo.getValue()), () -> packages));
            } catch (InvalidModuleDescriptorException e) {
                if (module) {
                    throw e;
                }
                return Optional.empty(); // nobody reads that of a library
            }
        }

        private InspectedJar result(JarSource jar) throws IOException {
            return new InspectedJar(
                    jar,
                    Optional.empty(),
                    List.copyOf(escaping),
                    entries,
                    packages,
                    classes,
                    machines,
                    services,
                    Optional.ofNullable(manifest.getValue(PLUGIN_NAME)),
                    descriptor());
        }
    }
}
