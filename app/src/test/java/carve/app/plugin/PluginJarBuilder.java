package carve.app.plugin;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** Compiles plugins for tests, and puts them into folders as a stranger would. */
public final class PluginJarBuilder {
    private final Map<String, String> files = new TreeMap<>();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();
    private final List<String> options = new ArrayList<>();
    private String modulePath = System.getProperty("jdk.module.path");

    /** Begins a plugin whose module provides one mixer. */
    public static PluginJarBuilder mixer(String module, String name) {
        return new PluginJarBuilder()
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
                            public Mixer create(LayerConfig dims, Settings settings) {
                                throw new UnsupportedOperationException(settings.string("word"));
                            }
                        }
                        """.formatted(module, name));
    }

    /** Adds a file, or replaces it. */
    public PluginJarBuilder file(String name, String content) {
        files.put(name, content);
        return this;
    }

    /** Adds an entry to the jar as it is, or puts it in the place of what was compiled. */
    public PluginJarBuilder entry(String name, byte[] content) {
        entries.put(name, content);
        return this;
    }

    /** Sets the version of the module. */
    public PluginJarBuilder version(String version) {
        return options("--module-version", version);
    }

    /** Takes a jar from the front of the module path, before those of the program. */
    public PluginJarBuilder compileAgainst(Path jar) {
        modulePath = jar + java.io.File.pathSeparator + modulePath;
        return this;
    }

    /** Adds options of the compiler. */
    public PluginJarBuilder options(String... more) {
        options.addAll(List.of(more));
        return this;
    }

    /** Adds a jar to the module path of the compiler. */
    public PluginJarBuilder beside(Path jar) {
        modulePath += java.io.File.pathSeparator + jar;
        return this;
    }

    /** Writes the jar; sources are compiled, all else is copied. */
    public void write(Path jar) throws IOException {
        Path sourceFolder = Files.createTempDirectory("plugin-sources");
        Path classes = Files.createTempDirectory("plugin-classes");
        List<String> command = new ArrayList<>(options);
        command.addAll(List.of("--release", "25", "-proc:none", "-p", modulePath, "-d", classes.toString()));
        for (Map.Entry<String, String> file : files.entrySet()) {
            boolean source = file.getKey().endsWith(".java");
            Path path = (source ? sourceFolder : classes).resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
            if (source) {
                command.add(path.toString());
            }
        }
        boolean sources = files.keySet().stream().anyMatch(name -> name.endsWith(".java"));
        int code = !sources
                ? 0
                : ToolProvider.getSystemJavaCompiler().run(null, null, null, command.toArray(String[]::new));
        if (code != 0) {
            throw new IllegalStateException("the plugin of the test does not compile: " + command);
        }
        pack(classes, jar);
    }

    private void pack(Path classes, Path jar) throws IOException {
        Map<String, byte[]> all = new LinkedHashMap<>();
        try (Stream<Path> paths = Files.walk(classes)) {
            for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
                all.put(classes.relativize(path).toString().replace('\\', '/'), Files.readAllBytes(path));
            }
        }
        all.putAll(entries);
        Files.createDirectories(jar.getParent());
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream target = new JarOutputStream(out)) {
            for (Map.Entry<String, byte[]> entry : all.entrySet()) {
                target.putNextEntry(new JarEntry(entry.getKey()));
                target.write(entry.getValue());
                target.closeEntry();
            }
        }
    }
}
