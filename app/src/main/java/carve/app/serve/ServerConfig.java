package carve.app.serve;

import carve.api.config.Settings;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.runtime.engine.EngineConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * How the server works; defaults and meanings are in {@code reference.conf} under {@code carve.serving}.
 *
 * @param host the address that it listens at
 * @param port the port, or 0 for any
 * @param apiKeys of which a request must have one; nobody is asked if there are none
 * @param requestLimits what a request may take
 * @param engine how models work
 * @param generationConfig how answers are chosen where a request does not say
 */
public record ServerConfig(
        String host,
        int port,
        Set<String> apiKeys,
        RequestLimits requestLimits,
        EngineConfig engine,
        GenerationConfig generationConfig) {
    /**
     * What a request may take.
     *
     * @param maxBodyBytes the longest body
     * @param maxPixels the largest picture, width times height
     * @param maxPictures the most pictures
     * @param maxPrompts the most prompts of one request
     * @param readTimeoutMillis how long a body may take to come
     * @param writeTimeoutMillis how long a piece of an answer may take to go
     * @param keepAliveMillis after how long without a word a sign of life is sent, by which a client that has gone is noticed
     * @param shutdownMillis how long sessions may go on when the server stops
     * @param maxSavedBytes the most bytes of saved states, of each model
     */
    public record RequestLimits(
            long maxBodyBytes,
            long maxPixels,
            int maxPictures,
            int maxPrompts,
            int readTimeoutMillis,
            int writeTimeoutMillis,
            int keepAliveMillis,
            int shutdownMillis,
            long maxSavedBytes) {
        /** Reads the settings. */
        public static RequestLimits from(Settings serving) {
            return new RequestLimits(
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
    public ServerConfig {
        apiKeys = Set.copyOf(apiKeys);
    }

    /** Reads the settings; states are kept in a folder, if there is one. */
    public static ServerConfig from(
            Settings serving,
            GenerationConfig generationConfig,
            String host,
            int port,
            Set<String> keys,
            List<Path> folder) {
        return new ServerConfig(
                host, port, keys, RequestLimits.from(serving), EngineConfig.from(serving, folder), generationConfig);
    }
}
