package carve.app.cli;

import carve.api.device.Availability.Available;
import carve.api.device.Availability.Unavailable;
import carve.api.device.DetailTable;
import carve.api.device.Device;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.wiring.OpenDevices;
import carve.runtime.device.DeviceSelector;
import jakarta.inject.Inject;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve devices}. */
final class DevicesCommand implements Command {
    private final Terminal terminal;
    private final OpenDevices openDevices;

    @Inject
    DevicesCommand(Terminal terminal, OpenDevices openDevices) {
        this.terminal = terminal;
        this.openDevices = openDevices;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        DevicesCommand.class,
                        "devices",
                        "Show the devices, which of them is selected, and why others are not available here. With --verbose also"
                                + " how the selected one computes, such as its table of matrix products.")
                .example("carve devices")
                .example("carve devices --device cpu --verbose")
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        DeviceSelector choice = openDevices.selector();
        boolean auto = choice.requested().equals(DeviceSelector.AUTO);
        if (!auto) {
            choice.devices().provider(choice.requested());
        }
        Optional<String> chosen = choice.selected();
        TextTable textTable = new TextTable("DEVICE", "STATE", "RANK", "");
        for (DeviceSelector.DeviceProbe device : choice.probe()) {
            boolean taken = chosen.filter(device.name()::equals).isPresent();
            String state = taken ? auto ? "taken (highest rank)" : "taken (asked for)" : "available";
            switch (device.availability()) {
                case Available(int rank, String description) -> textTable.row(device.name(), state, rank, description);
                case Unavailable(String reason) -> textTable.row(device.name(), "not available", "-", reason);
            }
        }
        textTable.print(terminal);
        if (chosen.isEmpty()) {
            choice.requireAvailable();
        }
        if (CommandOptions.hasFlag(arguments, "--verbose")) {
            printDetails(choice);
        }
        return 0;
    }

    private void printDetails(DeviceSelector choice) {
        try (Device device = choice.open()) {
            for (DetailTable details : device.details()) {
                terminal.println("");
                terminal.println("%s: %s".formatted(device.name(), details.title()));
                TextTable textTable = new TextTable(details.columns().toArray(String[]::new));
                details.rows().forEach(row -> textTable.row(row.toArray()));
                textTable.print(terminal);
            }
        }
    }
}
