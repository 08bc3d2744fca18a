package carve.examples;

import carve.app.plugin.PluginSet;
import java.nio.file.Path;
import java.util.List;

/** Prints from which jar each plugin in a folder gets a class, and whether the program itself sees it. */
final class PrintClassOrigins {
    private PrintClassOrigins() {}

    /** Takes the folder and the name of the class. */
    public static void main(String[] line) {
        PluginSet platform = PluginSet.load(List.of(), List.of(Path.of(line[0])));
        StringBuilder found = new StringBuilder();
        for (Object provider : platform.providers()) {
            Class<?> type = provider.getClass();
            if (!type.getModule().getName().startsWith("carve.")) {
                found.append("%s %s%n".formatted(type.getModule().getName(), jar(type.getClassLoader(), line[1])));
            }
        }
        found.append("program %s%n".formatted(jar(PluginSet.class.getClassLoader(), line[1])));
        System.out.print(found);
    }

    private static String jar(ClassLoader loader, String name) {
        try {
            var source = loader.loadClass(name).getProtectionDomain().getCodeSource();
            return Path.of(source.getLocation().getPath()).getFileName().toString();
        } catch (ClassNotFoundException e) {
            return "none";
        }
    }
}
