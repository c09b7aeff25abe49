using System.Globalization;
using Dure.Optimize.Campaigns;

namespace Dure.Lab;

/// <summary>Suggestions and trials in words, for people.</summary>
public static class CampaignWords
{
    /// <summary>Why a trial is suggested, what is expected of it and how sure that is, in a sentence or two.</summary>
    /// <param name="trialName">How the trial with a number (from 0) is called.</param>
    public static string Why(CampaignPlan plan, Suggestion suggestion, Func<int, string> trialName)
    {
        var reason = suggestion.Reason switch
        {
            SuggestionReason.Start => suggestion.Nearest is null ? "Start: too little is known to choose by a model." : $"Start: shows what lies far from all trials, most of all in {suggestion.NewestFactor}.",
            SuggestionReason.Explores => $"Explores: little is known there, and it might be better (newest in {suggestion.NewestFactor}).",
            SuggestionReason.SeeksLimits => "Seeks the limits: no trial holds them all yet, and this one is the most likely to.",
            SuggestionReason.Transfers => $"Transfers: the earlier campaign '{suggestion.Earlier}' speaks for it; that none helps has a probability of {(suggestion.Doubt ?? 1).ToString("P0", CultureInfo.InvariantCulture)}.",
            _ => "Improves: as far as is known, the likeliest to be better than the best so far.",
        };
        if (suggestion.IsCheap && plan.Cheap is { } cheap)
            reason += $" Make it with {cheap.Name}.";
        if (suggestion.Expected.Count == 0)
            return reason;
        var expected = plan.Outcomes.Select((outcome, k) => $"{outcome.Name} {Shown(suggestion.Expected[k].Mean)} ({Shown(suggestion.Expected[k].Low)} to {Shown(suggestion.Expected[k].High)}) {UnitText(outcome)}".TrimEnd());
        var text = $"{reason} Expected: {string.Join(", ", expected)}; gain {Shown(suggestion.ExpectedGain)}";
        if (suggestion.ChanceOfHolding < 0.9995)
            text += $"; holds the limits with a chance of {suggestion.ChanceOfHolding.ToString("P0", CultureInfo.InvariantCulture)}";
        if (suggestion.Nearest is { } nearest)
            text += $"; most like {trialName(nearest)}";
        return text + ".";
    }

    /// <summary>Whether more trials are worth making and what ten promise, in a sentence or two.</summary>
    public static string Stop(CampaignPlan plan, StopAdvice advice)
    {
        var wanted = plan.Outcomes.Where(outcome => outcome.Aim != Aim.Held).ToArray();
        var unit = wanted.Length == 1 ? UnitText(wanted[0]) : "of the hypervolume";
        string gain(double value) => $"{Shown(value)} {unit}".TrimEnd();
        var text = $"{(advice.IsAdvised ? "Stop is advised" : "Go on")}: {advice.Reason}";
        return advice switch
        {
            { GainAhead: { } ahead, NextGain: { } next } => $"{text} The next trial promises {gain(next)}, ten more {gain(ahead)}, if the model is right.",
            { NextGain: { } next } => $"{text} The next trial promises {gain(next)}, if the model is right.",
            _ => text,
        };
    }

    /// <summary>A number with four digits.</summary>
    public static string Shown(double value) => double.IsNaN(value) ? "" : value != 0 && Math.Abs(value) is < 1e-3 or >= 1e6 ? value.ToString("0.###e0", CultureInfo.InvariantCulture) : Math.Round(value, Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value) + 1e-12)), 0, 6)).ToString("0.######", CultureInfo.InvariantCulture);

    internal static string UnitText(Outcome outcome) => outcome.Unit == "1" ? "" : outcome.Unit;
}
