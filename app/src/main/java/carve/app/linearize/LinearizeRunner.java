package carve.app.linearize;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode.Section;
import carve.app.plugin.Presets;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.hocon.Hocon;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs what {@code carve linearize} asks for.
 *
 * @param terminal shows progress and the result
 * @param catalogs the installed plugins
 * @param presets the recipes that plugins bring
 * @param modelOpener opens the teacher
 * @param openDevices opens the device
 */
public record LinearizeRunner(
        Terminal terminal, Catalogs catalogs, Presets presets, ModelOpener modelOpener, OpenDevices openDevices) {
    /**
     * Runs the phases that are not done yet, or shows the plan of a run.
     *
     * @param teacher the model
     * @param data files and folders; none where the teacher makes the data
     * @param out the folder of the run
     * @param settings over those of {@code linearize.conf}
     * @param dryRun whether only the plan is shown
     * @throws IOException if a file cannot be read or written
     */
    public void run(Path teacher, List<Path> data, Path out, Section settings, boolean dryRun) throws IOException {
        requireFiles(data);
        LinearizeConfig config = LinearizeConfig.from(settings.over(resource("linearize.conf")));
        try (ModelFolder folder = modelOpener.open(teacher)) {
            LinearizeContext context = new LinearizeContext(
                            folder,
                            data,
                            out,
                            config,
                            catalogs,
                            presets::load,
                            resource("suggest.conf"),
                            openDevices.device(),
                            (title, unit) -> new ProgressBar(terminal, "      " + title, unit),
                            terminal::printMessage)
                    .withSmallValidation();
            Linearization linearization = new Linearization(context, new LinearizeReport(terminal));
            if (dryRun) {
                linearization.plan();
            } else {
                linearization.run();
            }
        }
    }

    private static Section resource(String name) {
        return Hocon.parseResource(LinearizeRunner.class.getModule(), name)
                .orElseThrow()
                .asTree();
    }

    private static void requireFiles(List<Path> data) {
        for (Path path : data) {
            if (!Files.exists(path)) {
                throw new SettingsException(
                        "--data: there is no %s; name a file or a folder of texts, or leave --data out and the teacher makes them"
                                .formatted(path));
            }
        }
    }
}
