package carve.runtime.catalog;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;

/**
 * A class loader that lets {@link ServiceLoader} find the providers of modules on the class path.
 *
 * <p>The JDK reads the {@code provides} clauses of a module-info on the module path alone. Plugins declare their providers
 * nowhere else, so this loader presents the same clauses of jars on the class path as {@code META-INF/services} resources. Classes
 * come from its parent.
 */
final class ClassPathModules extends ClassLoader {
    private static final String SERVICES = "META-INF/services/";

    private final Map<String, Set<String>> providers;

    private ClassPathModules(ClassLoader parent, Map<String, Set<String>> providers) {
        super("carve-class-path-modules", parent);
        this.providers = providers;
    }

    /** Returns a loader over all module-infos that another one sees. */
    static ClassLoader over(ClassLoader loader) {
        Map<String, Set<String>> providers = new HashMap<>();
        try {
            for (URL url : Collections.list(loader.getResources("module-info.class"))) {
                try (InputStream stream = url.openStream()) {
                    ModuleDescriptor.read(stream)
                            .provides()
                            .forEach(provides -> providers
                                    .computeIfAbsent(provides.service(), _ -> new TreeSet<>())
                                    .addAll(provides.providers()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the module-infos on the class path cannot be read", e);
        }
        return new ClassPathModules(loader, Map.copyOf(providers));
    }

    @Override
    protected Enumeration<URL> findResources(String name) throws IOException {
        Set<String> names = name.startsWith(SERVICES)
                ? providers.getOrDefault(name.substring(SERVICES.length()), Set.of())
                : Set.of();
        if (names.isEmpty()) {
            return Collections.emptyEnumeration();
        }
        byte[] lines = String.join("\n", names).getBytes(StandardCharsets.UTF_8);
        return Collections.enumeration(List.of(URL.of(URI.create("carve:" + name), new InMemoryHandler(lines))));
    }

    private static final class InMemoryHandler extends URLStreamHandler {
        private final byte[] content;

        InMemoryHandler(byte[] content) {
            this.content = content;
        }

        @Override
        protected URLConnection openConnection(URL url) {
            return new URLConnection(url) {
                @Override
                public void connect() {
                    // the content is in memory
                }

                @Override
                public InputStream getInputStream() {
                    return new ByteArrayInputStream(content);
                }
            };
        }
    }
}
