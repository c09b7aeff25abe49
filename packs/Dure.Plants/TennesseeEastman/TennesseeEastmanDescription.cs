using Dure.Kernel;
using Dure.Plants.TennesseeEastman.Control;

namespace Dure.Plants.TennesseeEastman;

/// <summary>What can be said of the plant without running it.</summary>
internal static class TennesseeEastmanDescription
{
    public const int Disturbances = 20;

    public static PlantDescription Plant { get; } = new(
        "tennessee-eastman",
        AssetId.Parse("plants/tennessee-eastman"),
        "The Tennessee Eastman process (Downs and Vogel 1993): reactor, condenser, separator, recycle compressor and stripper make G and H of A, C, D, E. "
            + "The process is the published model; set-points, loops and limits of the set-points are ours.",
        SupervisorSetpoints.All,
        [.. Gauges.All, .. Valves.Measurements],
        [
            new("operating cost", "{USD}/h", true, "What running costs: losses with purge and product, compressor, steam"),
            new("purge cost", "{USD}/h", true, "Reactants and products lost with the purge"),
            new("product cost", "{USD}/h", true, "Reactants lost with the product"),
            new("compressor cost", "{USD}/h", true, "Work of the compressor"),
            new("steam cost", "{USD}/h", true, "Steam of the stripper"),
            new("product flow", "kg/h", false, "Product by mass"),
        ],
        [
            new("idv 1", "A/C ratio of the C feed falls at constant B: step"),
            new("idv 2", "B in the C feed rises at constant A/C ratio: step"),
            new("idv 3", "Temperature of the D feed: step of 5 K"),
            new("idv 4", "Inlet temperature of the reactor's cooling water: step of 5 K"),
            new("idv 5", "Inlet temperature of the condenser's cooling water: step of 5 K"),
            new("idv 6", "A feed is lost: step"),
            new("idv 7", "Pressure of the C header falls, a fifth of the flow is gone: step"),
            new("idv 8", "Composition of the C feed: random"),
            new("idv 9", "Temperature of the D feed: random"),
            new("idv 10", "Temperature of the C feed: random"),
            new("idv 11", "Inlet temperature of the reactor's cooling water: random"),
            new("idv 12", "Inlet temperature of the condenser's cooling water: random"),
            new("idv 13", "Reaction kinetics: slow drift"),
            new("idv 14", "The valve of the reactor's cooling water sticks"),
            new("idv 15", "The valve of the condenser's cooling water sticks"),
            new("idv 16", "Heat of the stripper's steam: random (unknown in the paper)"),
            new("idv 17", "Heat transfer of the reactor's cooling falls and comes back (unknown in the paper)"),
            new("idv 18", "Heat transfer of the condenser falls and comes back (unknown in the paper)"),
            new("idv 19", "The valves of recycle, separator liquid, product and steam stick (unknown in the paper)"),
            new("idv 20", "The line from reactor to separator narrows and opens (unknown in the paper)"),
        ]);

    public static void Assess(in Operation now, Span<double> kpis)
    {
        var cost = OperatingCost.Of(now);
        (kpis[0], kpis[1], kpis[2], kpis[3], kpis[4]) = (cost.Total, cost.Purge, cost.Product, cost.Compressor, cost.Steam);
        kpis[5] = now.Product * Mixtures.MolarMass(now.ProductFractions) * OperatingCost.KilogramPerPound;
    }
}
