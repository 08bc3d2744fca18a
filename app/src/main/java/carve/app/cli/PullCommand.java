package carve.app.cli;

import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.runtime.hub.FileFilter;
import carve.runtime.hub.HubClient;
import carve.runtime.hub.HubConfig;
import carve.runtime.hub.HubReference;
import carve.runtime.hub.PullResult;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve pull}. */
final class PullCommand implements Command {
    private final Terminal terminal;

    @Inject
    PullCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.ofLongRunning(
                        PullCommand.class,
                        "pull",
                        "Download a model from the Hugging Face hub into the cache that Python's huggingface_hub also uses, and print its"
                                + " folder. Commands then take it as hf:ORG/NAME.",
                        "Without --include, the files that Carve reads are downloaded: configuration, tokenizer, and safetensors or"
                                + " the only GGUF file. Pickle files (.bin, .pt) never are. An interrupted download is continued.",
                        "HF_TOKEN, HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE and HTTPS_PROXY mean what they mean to"
                                + " huggingface_hub.")
                .parameter(
                        String.class,
                        "ORG/NAME[@REVISION]",
                        "The repository, and a branch, tag or commit; main if not given.")
                .option(
                        "--include",
                        String[].class,
                        "GLOB",
                        "Download all files that match, such as '*Q4_K_M*'; may be given more than once.")
                .option(
                        "--exclude",
                        String[].class,
                        "GLOB",
                        "Do not download files that match; may be given more than once.")
                .example("carve pull HuggingFaceTB/SmolLM2-135M-Instruct")
                .example("carve pull bartowski/SmolLM2-135M-Instruct-GGUF --include '*Q4_K_M*'")
                .example("carve pull mistralai/Mistral-7B-v0.1@refs/pr/4 --include '*.json' --include '*.safetensors'")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException, InterruptedException {
        HubReference reference = HubReference.parse(CommandOptions.parameter(arguments, 0));
        Thread hook = new Thread(() ->
                terminal.printMessage("%ncarve: stopped; the same command continues where it stopped".formatted()));
        Runtime.getRuntime().addShutdownHook(hook);
        try (HubClient hub = HubClient.open(HubConfig.ofProcess())) {
            PullResult result = hub.pull(
                    reference.model(),
                    filter(arguments, reference),
                    (title, unit) -> new ProgressBar(terminal, title, unit));
            report(reference, result);
        } finally {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        return 0;
    }

    private static FileFilter filter(ParseResult arguments, HubReference reference) {
        List<String> include = List.of(CommandOptions.valueOr(arguments, "--include", new String[0]));
        return new FileFilter(
                include.isEmpty() && !reference.file().isEmpty() ? List.of(reference.file()) : include,
                List.of(CommandOptions.valueOr(arguments, "--exclude", new String[0])));
    }

    private void report(HubReference reference, PullResult result) {
        terminal.println(result.folder().toString());
        terminal.printMessage("%d file%s, %s downloaded; commit %s, as a MODEL: %s"
                .formatted(
                        result.files(),
                        result.files() == 1 ? "" : "s",
                        HumanReadable.bytes(result.downloaded()),
                        result.commit(),
                        HubReference.PREFIX + reference));
        if (!result.refused().isEmpty()) {
            terminal.printMessage("not downloaded: %s; a pickle file can run any program when it is opened"
                    .formatted(String.join(", ", result.refused())));
        }
    }
}
