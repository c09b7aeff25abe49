using System.Globalization;
namespace Dure.Historian.Watching;

/// <summary>Findings in words: the evidence, the suspected cause, and what would mend it. Before and after are in the signal's unit unless said otherwise.</summary>
public static class FindingWords
{
    private const int WholeHour = 3600;
    private const int MostClockHours = 14;

    /// <summary>How much a kind deserves attention, 1 (a hint) to 3 (the values cannot be used).</summary>
    public static int Severity(FaultKind kind) => kind switch
    {
        FaultKind.UnitMismatch or FaultKind.FlatLine or FaultKind.OutOfRange or FaultKind.Saturation or FaultKind.NotFinite or FaultKind.ClockJump => 3,
        FaultKind.Gap or FaultKind.Spike or FaultKind.RateOfChange or FaultKind.ConflictingDuplicate or FaultKind.ClockDrift or FaultKind.FutureStamp
            or FaultKind.NoiseChange or FaultKind.NotGood => 2,
        _ => 1,
    };

    /// <summary>What was found, with the numbers that show it.</summary>
    public static string Evidence(this SignalFinding found, string unit = "") => found.Kind switch
    {
        // Before: the period in s; after: the longest step in s.
        FaultKind.Gap => $"No sample for {Say(found.After)} s where one comes every {Say(found.Before)} s; {found.Count} missing.",
        // Before: the longest run so far in samples; after: the value.
        FaultKind.FlatLine => $"{found.Count} samples in a row are {Say(found.After)}{Of(unit)}; the longest run before had {Say(found.Before)}.",
        // Before: the median around it.
        FaultKind.Spike => $"{found.Count} sample(s) stick out, up to {Say(found.After)} among values near {Say(found.Before)}{Of(unit)}.",
        FaultKind.OutOfRange => $"{found.Count} sample(s) outside the engineering range, up to {Say(found.After)}{Of(unit)} against the limit {Say(found.Before)}{Of(unit)}.",
        // Both per second.
        FaultKind.RateOfChange => $"{found.Count} step(s) faster than {Say(found.Before)}{Of(unit)}/s, up to {Say(found.After)}{Of(unit)}/s.",
        FaultKind.Duplicate => $"{found.Count} sample(s) came again with the same stamp and value.",
        FaultKind.ConflictingDuplicate => $"{found.Count} sample(s) came again with the same stamp and another value: {Say(found.Before)}, then {Say(found.After)}{Of(unit)}.",
        // After: the largest delay in s.
        FaultKind.OutOfOrder => $"{found.Count} sample(s) came after newer ones, up to {Say(found.After)} s late.",
        // After: parts per million, positive when the source's clock is fast.
        FaultKind.ClockDrift => $"The source's clock runs {Say(Math.Abs(found.After))} ppm {(found.After > 0 ? "fast" : "slow")}: {Say(Math.Abs(found.After) * 0.0864)} s a day.",
        // Both: delay of arrival in s.
        FaultKind.ClockJump => $"The stamps moved {Say(Math.Abs(found.After - found.Before))} s {(found.After < found.Before ? "ahead" : "back")} against this node's clock.",
        // After: s ahead.
        FaultKind.FutureStamp => $"{found.Count} sample(s) are stamped up to {Say(found.After)} s ahead of this node's clock.",
        FaultKind.UnitMismatch => $"The level steps from {Say(found.Before)} to {Say(found.After)}{Of(unit)}: looks like {UnitSlip.Nearest(found.Before, found.After)?.Name ?? "another unit"}.",
        // Both: mean second difference.
        FaultKind.NoiseChange => found.After > found.Before
            ? $"The noise grew {Say(found.After / found.Before)} times."
            : $"The noise shrank to {Say(100 * found.After / found.Before)} % of what it was.",
        // Before: 1 at the top, -1 at the bottom.
        FaultKind.Saturation => $"{found.Count} samples stop exactly at {Say(found.After)}{Of(unit)}, the {(found.Before > 0 ? "highest" : "lowest")} value there is.",
        // Both: the smallest step; 0 is none.
        FaultKind.ResolutionChange => $"The smallest step went from {Step(found.Before, unit)} to {Step(found.After, unit)}.",
        // After: 1 uncertain, 2 bad.
        FaultKind.NotGood => $"{found.Count} sample(s) came as {(found.After > 1 ? "bad" : "uncertain")}.",
        FaultKind.NotFinite => $"{found.Count} value(s) are no finite number.",
        // Both: mean deviation as a share of the period.
        FaultKind.Jitter => $"The time between samples varies by {Say(100 * found.After)} % of the period; it was {Say(100 * found.Before)} %.",
        // Both in s.
        FaultKind.PeriodChange => $"The time between samples went from {Say(found.Before)} s to {Say(found.After)} s.",
        _ => found.Kind.Key(),
    };

    /// <summary>What is probably behind it.</summary>
    public static string Cause(this SignalFinding found) => found.Kind switch
    {
        FaultKind.Gap when IsWholeHours(found) => "The source's clock was set or its time zone changed, or it was switched off.",
        FaultKind.Gap => "The source, its connector or the network was down, or samples wait in a buffer.",
        FaultKind.FlatLine => "The sensor is stuck or frozen, its wire is broken, the connector repeats the last value, or the machine stands.",
        FaultKind.Spike => "Electric disturbance, a loose contact, or a transmission error.",
        FaultKind.OutOfRange => "The sensor is faulty, the range is declared too narrow, or the unit is another one.",
        FaultKind.RateOfChange => "The sensor is faulty or was exchanged, or the declared limit is too low.",
        FaultKind.Duplicate => "The sender repeats what was not acknowledged, or two connectors read one source.",
        FaultKind.ConflictingDuplicate => "Two sources share one name, or stamps are rounded too coarsely.",
        FaultKind.OutOfOrder => "Samples took different ways, were buffered, or the source's clock was set back.",
        FaultKind.ClockDrift => "The source's clock is not synchronised.",
        FaultKind.ClockJump => "The source's clock was set, or the way to this node became longer or shorter.",
        FaultKind.FutureStamp => "The source's clock is ahead, or its local time was sent as UTC.",
        FaultKind.UnitMismatch => "The unit or scaling was changed in the device or the connector.",
        FaultKind.NoiseChange when found.After > found.Before => "A loose contact, a worn part, or filtering was switched off.",
        FaultKind.NoiseChange => "Filtering or averaging was switched on, or the sensor lost contact with what it measures.",
        FaultKind.Saturation => "The measuring range of the sensor or its converter ends there.",
        FaultKind.ResolutionChange => "The device, its converter or the rounding in the connector was changed.",
        FaultKind.NotGood => "The sender doubts its own values: see its diagnosis.",
        FaultKind.NotFinite => "A division by zero or a failed conversion in the sender.",
        FaultKind.Jitter => "The sender or the network is overloaded.",
        FaultKind.PeriodChange => "The sampling rate was changed in the device or the connector.",
        _ => "",
    };

    /// <summary>What would put it right. Stored samples are never changed: a mend is a rule for those who use them.</summary>
    public static string Mend(this SignalFinding found) => found.Kind switch
    {
        FaultKind.Gap => "Fetch the missing samples from the source if it buffers; otherwise leave the stretch out of datasets.",
        FaultKind.FlatLine => "Check the sensor; leave the stretch out of datasets.",
        FaultKind.Spike => "Replace the samples by the median around them when training; check cable and earth.",
        FaultKind.OutOfRange or FaultKind.RateOfChange => "Check the sensor and the declared limits; leave the samples out of datasets.",
        FaultKind.Duplicate => "Nothing is lost; let one connector read the source.",
        FaultKind.ConflictingDuplicate => "Give the two sources names of their own, or send finer stamps; the value that came last counts.",
        FaultKind.OutOfOrder => "Nothing is lost; synchronise the source's clock if it was set back.",
        FaultKind.ClockDrift or FaultKind.ClockJump or FaultKind.FutureStamp => "Synchronise the source's clock (NTP); shift the stamps by the offset when joining with other signals.",
        FaultKind.UnitMismatch => "Set the unit in the connector; convert the stretch back before use.",
        FaultKind.NoiseChange or FaultKind.ResolutionChange => "Note the change; train and compare on either side of it, not across.",
        FaultKind.Saturation => "Take a sensor or a range that reaches further; treat the values as 'at least' or 'at most'.",
        FaultKind.NotGood or FaultKind.NotFinite => "Mend the sender; the samples count as missing.",
        FaultKind.Jitter or FaultKind.PeriodChange => "Check the sender's rate; resample before comparing with other signals.",
        _ => "",
    };

    private static bool IsWholeHours(SignalFinding gap)
    {
        var hours = Math.Round((gap.After - gap.Before) / WholeHour);
        return gap.Before <= 60 && hours is >= 1 and <= MostClockHours && Math.Abs(gap.After - gap.Before - hours * WholeHour) <= gap.Before;
    }

    private static string Step(double step, string unit) => step > 0 ? Say(step) + Of(unit) : "none to be seen";

    private static string Of(string unit) => unit is "" or "1" ? "" : " " + unit;

    private static string Say(double value) => Math.Abs(value) is >= 1e9 or (> 0 and < 1e-3)
        ? value.ToString("0.###e+0", CultureInfo.InvariantCulture)
        : value.ToString(Math.Abs(value) >= 100 ? "0.#" : "0.####", CultureInfo.InvariantCulture);
}
