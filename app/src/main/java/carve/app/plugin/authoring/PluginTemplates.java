package carve.app.plugin.authoring;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/** The files of a new plugin's build, made from the templates of its kind. */
final class PluginTemplates {
    private static final String ROOT = "/carve-templates/";

    private final PluginKind kind;
    private final Map<String, String> variables = new LinkedHashMap<>();

    PluginTemplates(PluginName plugin, PluginKind kind) {
        this.kind = kind;
        Properties versions = new Properties();
        try {
            versions.load(new StringReader(text("versions.properties")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        versions.stringPropertyNames().forEach(name -> variables.put(name, versions.getProperty(name)));
        variables.put("name", plugin.name());
        variables.put("package", plugin.packageName());
        variables.put("path", plugin.path());
        variables.put("class", PluginClassName.of(plugin, kind, sources()));
    }

    /** Returns the name of the plugin's class. */
    String className() {
        return variables.get("class");
    }

    /** Returns the contents of the plugin's files by their names, relative to the build's folder. */
    Map<String, String> files() {
        Map<String, String> files = new LinkedHashMap<>();
        Stream.of("build/", folder())
                .forEach(folder -> entries(folder)
                        .forEach(entry ->
                                files.put(substitute(entry.target), substitute(text(folder + entry.resource)))));
        return files;
    }

    private Stream<String> sources() {
        return entries(folder())
                .map(Entry::resource)
                .filter(resource -> resource.endsWith(".java"))
                .map(resource -> text(folder() + resource));
    }

    private String folder() {
        return kind.word() + "/";
    }

    private static Stream<Entry> entries(String folder) {
        return text(folder + "index")
                .lines()
                .filter(line -> !line.startsWith("#"))
                .map(Entry::of);
    }

    /**
     * A line of an index.
     *
     * @param resource a file of the template
     * @param target the file of the build that it becomes
     */
    private record Entry(String resource, String target) {
        private static Entry of(String line) {
            String[] words = line.strip().split("\\s+");
            return new Entry(words[0], words[1]);
        }
    }

    private String substitute(String template) {
        String text = template;
        for (Map.Entry<String, String> word : variables.entrySet()) {
            text = text.replace("{{" + word.getKey() + "}}", word.getValue());
        }
        return text;
    }

    private static String text(String resource) {
        try (InputStream in = PluginTemplates.class.getResourceAsStream(ROOT + resource)) {
            if (in == null) {
                throw new IllegalStateException("template not found in the program: " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
