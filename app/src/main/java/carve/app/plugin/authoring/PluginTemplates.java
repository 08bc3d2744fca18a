package carve.app.plugin.authoring;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/** The files of a new plugin's build, made of the templates. */
final class PluginTemplates {
    private static final String ROOT = "/carve-templates/";

    private final Map<String, String> variables = new LinkedHashMap<>();

    PluginTemplates(PluginName plugin) {
        Properties versions = new Properties();
        try {
            versions.load(new StringReader(text("versions.properties")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        versions.stringPropertyNames().forEach(name -> variables.put(name, versions.getProperty(name)));
        variables.put("name", plugin.name());
        variables.put("package", plugin.packageName());
        variables.put("class", plugin.className());
        variables.put("path", plugin.path());
    }

    /** Returns the contents of the files of a kind of plugin by their names, relative to the build's folder. */
    Map<String, String> files(PluginKind kind) {
        Map<String, String> files = new LinkedHashMap<>();
        add("build/", files);
        add(kind.name().toLowerCase(Locale.ROOT) + "/", files);
        return files;
    }

    private void add(String folder, Map<String, String> files) {
        text(folder + "index").lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            String[] entry = line.strip().split("\\s+");
            files.put(substitute(entry[1]), substitute(text(folder + entry[0])));
        });
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
                throw new IllegalStateException("the program lacks its template " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
