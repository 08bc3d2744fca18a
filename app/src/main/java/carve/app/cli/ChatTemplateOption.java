package carve.app.cli;

import carve.api.text.ChatTemplateException;
import carve.api.text.Processor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.ParseResult;

/** The option that gives a chat template in a file. */
final class ChatTemplateOption {
    static final String NAME = "--chat-template";
    static final String DESCRIPTION = "Chat template in Jinja, which takes the place of the model's own.";

    private ChatTemplateOption() {}

    /**
     * Returns a processor whose conversations are made by the template of the option, or the same if it is not given.
     *
     * @throws IOException if the file cannot be read
     * @throws ChatTemplateException if the template cannot be parsed, or the model has no use for one
     */
    static Processor apply(ParseResult arguments, Processor processor) throws IOException {
        Optional<Path> file = CommandOptions.find(arguments, NAME);
        return file.isEmpty() ? processor : with(file.get(), processor);
    }

    /** Returns a processor whose conversations are made by the template in a file, as {@link #apply} does. */
    static Processor with(Path file, Processor processor) throws IOException {
        return processor.withChatTemplate(file.toString(), Files.readString(file));
    }
}
