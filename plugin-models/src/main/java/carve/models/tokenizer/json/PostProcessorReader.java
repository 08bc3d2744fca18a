package carve.models.tokenizer.json;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.models.tokenizer.PostProcessor;
import carve.models.tokenizer.PostProcessor.Part;

/** The reader of the section {@code post_processor}. Texts are encoded one by one, so that what it says of pairs is not used. */
final class PostProcessorReader {
    private PostProcessorReader() {}

    static PostProcessor read(StrictObject section) {
        return switch (section.type()) {
            case "ByteLevel" -> {
                section.ignore("add_prefix_space", "trim_offsets", "use_regex");
                yield PostProcessor.none();
            }
            case "BertProcessing" -> around(section);
            case "RobertaProcessing" -> around(section.ignore("trim_offsets", "add_prefix_space"));
            case "TemplateProcessing" -> template(section.ignore("pair"));
            case "Sequence" -> new PostProcessor.Sequence(section.parts("processors", PostProcessorReader::read));
            default ->
                throw section.unsupported("BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing");
        };
    }

    private static PostProcessor around(StrictObject section) {
        return PostProcessor.around(new int[] {section.tokenId("cls")}, section.tokenId("sep"));
    }

    private static PostProcessor template(StrictObject section) {
        JsonObject tokens = section.object("special_tokens");
        return new PostProcessor.Template(section.parts("single", part -> part(part, tokens)));
    }

    private static Part part(StrictObject part, JsonObject tokens) {
        return part.part("SpecialToken", token -> special(token, tokens))
                .or(() -> part.part("Sequence", PostProcessorReader::text))
                .orElseThrow(() -> part.error("SpecialToken", "expected SpecialToken or Sequence"));
    }

    private static Part text(StrictObject section) {
        String id = section.ignore("type_id").text("id");
        if (!id.equals("A")) {
            throw section.error("id", "expected A in the template of single texts, found '%s'".formatted(id));
        }
        return new PostProcessor.Text();
    }

    private static Part special(StrictObject section, JsonObject tokens) {
        String id = section.ignore("type_id").text("id");
        if (!tokens.has(id)) {
            throw section.error("id", "the template has '%s', which is not among its special_tokens".formatted(id));
        }
        JsonArray ids = tokens.object(id).array("ids");
        return new PostProcessor.Tokens(
                ids.items().stream().mapToInt(item -> id(item, section)).toArray());
    }

    private static int id(JsonValue item, StrictObject section) {
        long id = item instanceof JsonNumber number ? number.whole().orElse(-1) : -1;
        if (id < 0 || id > Integer.MAX_VALUE) {
            throw section.error("ids", "expected ids of tokens, found " + item.describe());
        }
        return (int) id;
    }
}
