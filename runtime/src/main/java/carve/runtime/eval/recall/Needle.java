package carve.runtime.eval.recall;

import java.util.List;
import java.util.Set;
import java.util.UUID;

/** The kinds of keys and values of needles. */
enum Needle {
    /** Numbers of seven digits. */
    NUMBERS {
        @Override
        String draw(RecallRandom random, WordLists words) {
            return Integer.toString(random.between(1_000_000, 9_999_999));
        }
    },
    /** An adjective and a noun with a dash between them. */
    WORDS {
        @Override
        String draw(RecallRandom random, WordLists words) {
            return words.compound(random);
        }
    },
    /** Random UUIDs, version 4. */
    UUIDS {
        @Override
        String draw(RecallRandom random, WordLists words) {
            long high = random.bits() & ~0xF000L | 0x4000L;
            long low = random.bits() & ~(0xC0L << 56) | 0x80L << 56;
            return new UUID(high, low).toString();
        }
    };

    abstract String draw(RecallRandom random, WordLists words);

    List<String> distinct(int count, RecallRandom random, WordLists words) {
        return random.distinct(count, Set.of(), () -> draw(random, words));
    }

    /** Returns the name in prompts, in the plural. */
    String plural() {
        return switch (this) {
            case NUMBERS -> "numbers";
            case WORDS -> "words";
            case UUIDS -> "uuids";
        };
    }

    /** Returns the line that hides a value. */
    String line(String key, String value) {
        return "One of the special magic %s for %s is: %s.".formatted(plural(), key, value);
    }
}
