package carve.app.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.text.ChatOptions;
import carve.api.text.Message;
import carve.api.text.Message.Role;
import carve.api.text.Processor;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Sampler;
import carve.testkit.CharacterProcessor;
import carve.testkit.SmallModels;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests that what is known from earlier turns does not change an answer, also where a template writes earlier turns differently. */
final class ConversationTest {
    private static final String LETTERS = "\nabcdefghijklmnopqrstuvwxyz ?";
    private static final Sampler GREEDY = Sampler.greedy(Set.of(0));

    /**
     * Letters, from a template that shortens the model's earlier answers, as those do that leave out what was thought, or writes
     * them as they are.
     */
    private static final class Shortening extends CharacterProcessor {
        private final boolean shortens;

        Shortening(boolean shortens) {
            this.shortens = shortens;
        }

        @Override
        public String promptText(List<Message> conversation, ChatOptions options) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < conversation.size(); i++) {
                String said = conversation.get(i).text();
                boolean shortened =
                        shortens && conversation.get(i).isFrom(Role.ASSISTANT) && i < conversation.size() - 1;
                text.append(shortened ? said.substring(0, said.length() / 2) : said)
                        .append(' ');
            }
            return text.toString();
        }

        @Override
        public Sample prompt(List<Message> conversation) {
            return prompt(conversation, ChatOptions.ANSWER);
        }

        @Override
        public Sample prompt(List<Message> conversation, ChatOptions options) {
            int[] tokens = promptText(conversation, options)
                    .chars()
                    .map(LETTERS::indexOf)
                    .toArray();
            return new Sample(tokens, new boolean[tokens.length], Map.of());
        }

        @Override
        public Processor.TextStream textStream() {
            return new Processor.TextStream() {
                @Override
                public String push(int token) {
                    return LETTERS.substring(token, token + 1);
                }

                @Override
                public String flush() {
                    return "";
                }
            };
        }
    }

    private static String ask(Conversation conversation, String question) {
        return conversation.ask(question, List.of(), _ -> {}, () -> false);
    }

    private static void turnsAreExact(boolean shortens) {
        Processor processor = new Shortening(shortens);
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42);
                Generator generator = new Generator(model);
                Conversation conversation = new Conversation(model, generator, processor, GREEDY, 8)) {
            for (String question : List.of("what is it", "and now", "why")) {
                List<Message> before = conversation.messages();
                String answer = ask(conversation, question);
                try (Generator fresh = new Generator(model);
                        Conversation alone = new Conversation(model, fresh, processor, GREEDY, 8).resumeFrom(before)) {
                    assertEquals(ask(alone, question), answer, question);
                }
            }
            assertTrue(conversation.timings().orElseThrow().cachedPositions() > 0, "something was known");
            conversation.undo();
            assertEquals(4, conversation.messages().size());
            String again = ask(conversation, "why");
            assertTrue(again.length() > 0);
        }
    }

    @Test
    void turnsThatGoOnAreExact() {
        turnsAreExact(false);
    }

    @Test
    void turnsThatAreWrittenDifferentlyAreExact() {
        turnsAreExact(true);
    }
}
