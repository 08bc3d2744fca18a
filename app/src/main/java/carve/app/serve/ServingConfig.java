package carve.app.serve;

import carve.api.config.Settings;
import carve.app.engine.EngineConfig;
import carve.app.work.AppConfig.Generation;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * How the server works; defaults and meanings are in {@code reference.conf} under {@code carve.serving}.
 *
 * @param host the address that it listens at
 * @param port the port, or 0 for any
 * @param keys of which a request must have one; nobody is asked if there are none
 * @param limits what a request may take
 * @param engine how models work
 * @param generation how answers are chosen where a request does not say
 */
public record ServingConfig(
        String host, int port, Set<String> keys, Limits limits, EngineConfig engine, Generation generation) {
    /**
     * What a request may take.
     *
     * @param bodyBytes the longest body
     * @param pixels the largest picture, width times height
     * @param pictures the most pictures
     * @param choices the most prompts of one request
     * @param readMillis how long a body may take to come
     * @param writeMillis how long a piece of an answer may take to go
     * @param pingMillis after how long without a word a sign of life is sent, by which a client that has gone is noticed
     * @param graceMillis how long sessions may go on when the server stops
     * @param savedBytes the most bytes of saved states, of each model
     */
    public record Limits(
            long bodyBytes,
            long pixels,
            int pictures,
            int choices,
            int readMillis,
            int writeMillis,
            int pingMillis,
            int graceMillis,
            long savedBytes) {
        /** Reads the settings. */
        public static Limits from(Settings serving) {
            return new Limits(
                    serving.longInteger("max-body-mib") << 20,
                    serving.longInteger("max-pixels"),
                    serving.integer("max-pictures"),
                    serving.integer("max-prompts"),
                    serving.integer("read-timeout-millis"),
                    serving.integer("write-timeout-millis"),
                    serving.integer("ping-millis"),
                    serving.integer("grace-millis"),
                    serving.longInteger("saved-states-mib") << 20);
        }
    }

    /** Copies the set. */
    public ServingConfig {
        keys = Set.copyOf(keys);
    }

    /** Reads the settings; states are kept in a folder, if there is one. */
    public static ServingConfig from(
            Settings serving, Generation generation, String host, int port, Set<String> keys, List<Path> folder) {
        return new ServingConfig(
                host, port, keys, Limits.from(serving), EngineConfig.from(serving, folder), generation);
    }
}
