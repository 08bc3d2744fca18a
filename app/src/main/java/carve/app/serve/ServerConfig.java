package carve.app.serve;

import carve.api.config.Settings;
import carve.app.serve.http.HttpLimits;
import carve.app.serve.openai.RequestLimits;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.runtime.engine.EngineConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The configuration of the server; defaults and meanings are in {@code reference.conf} under {@code carve.serving}.
 *
 * @param host the address to listen on
 * @param port the port, or 0 for any that is free
 * @param apiKeys the keys of which a request must have one; none if all requests are accepted
 * @param httpLimits the limits of every request
 * @param requestLimits the limits of a request for an answer
 * @param shutdownMillis the time that answers may take to end when the server stops
 * @param engine the configuration of each model's engine
 * @param generationConfig how tokens are chosen where a request does not say
 */
public record ServerConfig(
        String host,
        int port,
        Set<String> apiKeys,
        HttpLimits httpLimits,
        RequestLimits requestLimits,
        int shutdownMillis,
        EngineConfig engine,
        GenerationConfig generationConfig) {
    /** Copies the set. */
    public ServerConfig {
        apiKeys = Set.copyOf(apiKeys);
    }

    /**
     * Reads the settings.
     *
     * @param folder the folder of the prefix cache and of saved states, if there is one
     */
    public static ServerConfig from(
            Settings serving,
            GenerationConfig generationConfig,
            String host,
            int port,
            Set<String> keys,
            List<Path> folder) {
        HttpLimits httpLimits = new HttpLimits(
                serving.longInteger("max-body-mib") << 20,
                serving.integer("max-connections"),
                serving.integer("max-connections-per-address"),
                serving.integer("idle-timeout-millis"),
                serving.integer("header-timeout-millis"),
                serving.integer("read-timeout-millis"),
                serving.integer("write-timeout-millis"));
        return new ServerConfig(
                host,
                port,
                keys,
                httpLimits,
                RequestLimits.from(serving),
                serving.integer("shutdown-timeout-millis"),
                EngineConfig.from(serving, folder),
                generationConfig);
    }
}
