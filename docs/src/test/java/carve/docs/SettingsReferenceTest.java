package carve.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The reference of settings is that of the files that hold the defaults. */
final class SettingsReferenceTest {
    private static final String INTRODUCTION = """
            # Settings and their defaults

            This page is made by the build from the `reference.conf` of each module. Settings of the program begin with `carve`; they come from
            `carve.conf` in the working directory, from the file of `--config`, and from `-D` on the command line, later ones over earlier ones.
            A key that nothing reads is an error.
            """;

    @Test
    void pageIsThatOfTheDefaults() throws IOException {
        SettingsReference reference = new SettingsReference(INTRODUCTION);
        for (Path module : Project.modules()) {
            Path file = module.resolve("src/main/resources/reference.conf");
            if (Files.exists(file)) {
                reference.with(module.getFileName().toString(), file);
            }
        }
        reference.with("Recipes", Project.ROOT.resolve("runtime/src/main/resources/recipe.conf"));
        reference.with("All stages of recipes", Project.ROOT.resolve("runtime/src/main/resources/stage.conf"));
        reference.with("carve data recall", Project.ROOT.resolve("app/src/main/resources/recall.conf"));
        reference.with("carve linearize", Project.ROOT.resolve("app/src/main/resources/linearize.conf"));
        Project.requireUpToDate("settings.md", reference.page());
    }
}
