package carve.app.cli;

import carve.app.bench.RandomModelArgument;
import carve.app.plugin.Presets;
import carve.app.report.HumanReadable;
import carve.app.report.Terminal;
import carve.app.wiring.ModelOpener;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.GgufModels;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.PublishedConfigs;
import carve.runtime.model.QuantisationMix;
import carve.runtime.model.RandomModel;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve export}. */
final class ExportCommand implements Command {
    private final Terminal terminal;
    private final Provider<Presets> presets;
    private final Provider<Catalogs> catalogs;
    private final ModelOpener modelOpener;

    @Inject
    ExportCommand(Terminal terminal, Provider<Presets> presets, Provider<Catalogs> catalogs, ModelOpener modelOpener) {
        this.terminal = terminal;
        this.presets = presets;
        this.catalogs = catalogs;
        this.modelOpener = modelOpener;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        ExportCommand.class,
                        "export",
                        "Write a Mamba-2 or Llama model as a GGUF file, for llama.cpp and Carve.",
                        "The model is written tensor by tensor and need not fit into memory.")
                .parameter(
                        String.class,
                        "MODEL",
                        "Folder of the model, a GGUF file, or hf:ORG/NAME; or shape:NAME for random weights, NAME one of "
                                + String.join(", ", PublishedConfigs.names()) + ".")
                .parameter(
                        Path.class,
                        "FILE",
                        "File to write, NAME.gguf; with random weights, a folder in the official layout is also possible.")
                .option(
                        "--type",
                        String.class,
                        "TYPE",
                        "Type of matrices: " + String.join(", ", QuantisationMix.keys())
                                + "; f32 if not given. Other tensors are f32.")
                .option("--seed", Long.class, "N", "Seed of random weights; 42 if not given.")
                .example("carve export models/mamba2-130m mamba2-130m.gguf --type q8_0")
                .example("carve export shape:llama-1b llama-1b.gguf --type bf16")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        String model = CommandOptions.parameter(arguments, 0);
        Path file = CommandOptions.parameter(arguments, 1);
        QuantisationMix mix = QuantisationMix.of(CommandOptions.valueOr(arguments, "--type", "f32"));
        if (model.startsWith(RandomModelArgument.PREFIX)) {
            long seed = CommandOptions.valueOr(arguments, "--seed", 42L);
            RandomModel random = RandomModelArgument.parse(
                    model.substring(RandomModelArgument.PREFIX.length()), catalogs.get(), presets.get(), seed);
            if (!GgufModels.hasGgufExtension(file)) {
                random.save(file, mix.matrices());
                terminal.println("wrote " + file);
                return 0;
            }
            GgufModels.export(random.family(), random.spec(), Path.of(model), random.checkpointTensors(), file, mix);
        } else {
            try (ModelFolder folder = modelOpener.open(Path.of(model))) {
                GgufModels.export(folder, file, mix);
            }
        }
        terminal.println("wrote %s, %s".formatted(file, HumanReadable.bytes(Files.size(file))));
        return 0;
    }
}
