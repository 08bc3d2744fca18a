package carve.app.cli;

import carve.app.plugin.Presets;
import carve.app.report.Terminal;
import carve.app.train.RecipeExecution;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.OpenDevices;
import carve.runtime.catalog.Catalogs;
import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;

/** Binds the command that is to run, and what commands share. */
final class CommandModule extends AbstractModule {
    private final Class<? extends Command> command;

    CommandModule(Class<? extends Command> command) {
        this.command = command;
    }

    @Override
    protected void configure() {
        bind(command);
    }

    @Provides
    RecipeExecution recipeExecution(
            Terminal terminal,
            GlobalOptions globalOptions,
            Provider<Presets> presets,
            Provider<Catalogs> catalogs,
            OpenDevices openDevices) {
        return new RecipeExecution(terminal, globalOptions, presets, catalogs, openDevices);
    }
}
