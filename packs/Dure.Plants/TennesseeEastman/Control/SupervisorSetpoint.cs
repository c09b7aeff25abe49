namespace Dure.Plants.TennesseeEastman.Control;

/// <summary>What a supervisor, a person or an optimiser, may move; all else is the control structure's business. By place in <see cref="SupervisorSetpoints.All"/>.</summary>
internal enum SupervisorSetpoint
{
    ProductionRate,
    ProductG,
    ReactorPressure,
    ReactorLevel,
    ReactorTemperature,
    SeparatorLevel,
    StripperLevel,
    FeedShareA,
    FeedAAndC,
    CompressorRecycle,
    StripperSteam,
    Agitator,
}

/// <summary>Their names, units, limits and speeds.</summary>
internal static class SupervisorSetpoints
{
    public static IReadOnlyList<Setpoint> All { get; } =
    [
        new("production rate", "m3/h", 20, 24, 22.949, 0.02, "Product (stream 11)"),
        new("product g", "%", 48, 58, 53.724, 0.02, "Mole percent of G in the product"),
        new("reactor pressure", "kPa", 2600, 2850, 2705, 1, "Reactor pressure, gauge"),
        new("reactor level", "%", 60, 85, 75, 0.1, "Reactor level"),
        new("reactor temperature", "Cel", 118, 124, 120.4, 0.02, "Reactor temperature"),
        new("separator level", "%", 40, 70, 50, 0.2, "Separator level"),
        new("stripper level", "%", 40, 70, 50, 0.2, "Stripper level"),
        new("feed share a", "%", 50, 63, 54.955, 0.02, "A of A and C in the reactor feed, moles"),
        new("feed a and c", "%", 51, 61, 58.571, 0.02, "Mole percent of A and C together in the reactor feed"),
        new("compressor recycle", "%", 0, 30, 22.21, 0.2, "Compressor recycle valve"),
        new("stripper steam", "%", 0, 70, 47.446, 0.5, "Stripper steam valve"),
        new("agitator", "%", 30, 100, 50, 1, "Agitator speed"),
    ];

    public static int Count => All.Count;
}
