package carve.app.plugin;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** Compiles plugins for tests, and puts them into folders as a stranger would. */
public final class PluginJar {
    private final Map<String, String> files = new TreeMap<>();
    private final List<String> options = new ArrayList<>();
    private String modulePath = System.getProperty("jdk.module.path");

    /** Begins a plugin whose module provides one mixer. */
    public static PluginJar mixer(String module, String name) {
        return new PluginJar()
                .file("module-info.java", """
                        module %s {
                            requires carve.api;
                            provides carve.api.mixer.MixerProvider with %s.Provider;
                        }
                        """.formatted(module, module))
                .file(module.replace('.', '/') + "/Provider.java", """
                        package %s;

                        import carve.api.config.Settings;
                        import carve.api.mixer.*;

                        public final class Provider implements MixerProvider {
                            public String name() { return "%s"; }
                            public Mixer create(MixerDims dims, Settings settings) {
                                throw new UnsupportedOperationException(settings.string("word"));
                            }
                        }
                        """.formatted(module, name));
    }

    /** Adds a file, or replaces it. */
    public PluginJar file(String name, String content) {
        files.put(name, content);
        return this;
    }

    /** Adds options of the compiler. */
    public PluginJar options(String... more) {
        options.addAll(List.of(more));
        return this;
    }

    /** Adds a jar to the module path of the compiler. */
    public PluginJar beside(Path jar) {
        modulePath += java.io.File.pathSeparator + jar;
        return this;
    }

    /** Writes the jar; sources are compiled, all else is copied. */
    public void write(Path jar) throws IOException {
        Path sources = Files.createTempDirectory("plugin-sources");
        Path classes = Files.createTempDirectory("plugin-classes");
        List<String> command = new ArrayList<>(options);
        command.addAll(List.of("--release", "25", "-proc:none", "-p", modulePath, "-d", classes.toString()));
        for (Map.Entry<String, String> file : files.entrySet()) {
            boolean source = file.getKey().endsWith(".java");
            Path path = (source ? sources : classes).resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
            if (source) {
                command.add(path.toString());
            }
        }
        int code = ToolProvider.getSystemJavaCompiler().run(null, null, null, command.toArray(String[]::new));
        if (code != 0) {
            throw new IllegalStateException("the plugin of the test does not compile: " + command);
        }
        pack(classes, jar);
    }

    private static void pack(Path classes, Path jar) throws IOException {
        Files.createDirectories(jar.getParent());
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out);
                Stream<Path> paths = Files.walk(classes)) {
            for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
                entries.putNextEntry(
                        new JarEntry(classes.relativize(path).toString().replace('\\', '/')));
                Files.copy(path, entries);
                entries.closeEntry();
            }
        }
    }
}
