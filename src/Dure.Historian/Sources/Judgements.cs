using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>Whether a source's rule may accept an item by itself.</summary>
internal static class RuleJudgement
{
    /// <param name="paths">Paths given to other items just now; the item's is added.</param>
    /// <summary>The mapping; null with a question noted at the item when a person must look.</summary>
    public static ItemMapping? Judge(Item item, AcceptRule rule, ItemBoard board, HashSet<string> paths, PlantHistorian historian)
    {
        var rest = rule.Under.Length == 0 ? item.Name : item.Name[rule.Items.Length..];
        var path = rule.Under.Length == 0 ? board.ProposePath(item.Name) : PathProposal.Of(rule.Under, rest);
        var unit = UnitOf(item);
        if (path is null)
            item.Question = "No signal path can be made of this name.";
        else if (unit is null)
            item.Question = $"The unit '{item.SourceUnit}' is not certain.";
        else if (board.TakerOf(SignalId.Parse(path), item.Name) is not null || !paths.Add(path))
            item.Question = $"The path {path} is taken by another item of this source.";
        else if (historian.TryFind(SignalId.Parse(path), out var signal) && !unit.CanConvertTo(signal.Definition.Unit))
            item.Question = $"The signal {path} is kept in '{signal.Definition.Unit.Code}', the item comes in '{unit.Code}'.";
        return item.Question is null ? new ItemMapping(item.Name, SignalId.Parse(path!), unit!, item.SourceUnit) : null; // no question: both are there
    }

    /// <summary>An item of which the source names no unit is taken as a plain number: that is what the rule's owner agreed to.</summary>
    private static Unit? UnitOf(Item item) => string.IsNullOrWhiteSpace(item.SourceUnit) ? Unit.One
        : UnitSpelling.TryUnderstand(item.SourceUnit, out var said) && said.IsCertain ? said.Unit : null;
}

/// <summary>Checks what a person wants an item kept as.</summary>
internal static class AcceptanceJudgement
{
    private const int LongestDescription = 1000;

    /// <exception cref="ProblemException">It does not work; it says why and what would.</exception>
    public static ItemMapping Judge(ItemAcceptance wish, ItemBoard board, PlantHistorian historian)
    {
        var where = $"item '{(wish.Item.Length <= 80 ? wish.Item : wish.Item[..80] + "…")}'";
        if (wish.Item.Length is 0 or > ItemBoard.MostNameLength)
            throw new ProblemException("urn:dure:sources:bad-item", $"An item's name has 1 to {ItemBoard.MostNameLength} characters.", where, "Name the item as the source does; 'dure sources show' lists them.");
        if (wish.Description?.Length > LongestDescription)
            throw new ProblemException("urn:dure:sources:bad-item", $"The description has {wish.Description.Length} characters; {LongestDescription} are allowed.", where, "Shorten it.");
        var item = board.Find(wish.Item);
        var (scale, offset) = (wish.Scale ?? item?.Mapping?.Scale ?? 1, wish.Offset ?? item?.Mapping?.Offset ?? 0);
        if (!double.IsFinite(scale) || scale == 0 || !double.IsFinite(offset))
            throw new ProblemException("urn:dure:sources:bad-scale", $"Values cannot be multiplied by {scale} and raised by {offset}.", where, "Use a scale that is not 0; 1 and 0 leave values as they are.");
        var signal = PathOf(wish, board, where);
        var unit = UnitOf(wish, item, where);
        if (historian.TryFind(signal, out var known) && !unit.CanConvertTo(known.Definition.Unit))
            throw new ProblemException("urn:dure:sources:unit-conflict", $"The signal {signal} is kept in '{known.Definition.Unit.Code}'; '{unit.Code}' does not convert to it.", where, "Choose another path, or the unit the values are really in.");
        return new ItemMapping(wish.Item, signal, unit, item?.SourceUnit ?? ItemBoard.Said(wish.SourceUnit), scale, offset);
    }

    private static SignalId PathOf(ItemAcceptance wish, ItemBoard board, string where)
    {
        var path = string.IsNullOrWhiteSpace(wish.Path) ? board.ProposePath(wish.Item) : wish.Path.Trim();
        if (path is null)
            throw new ProblemException("urn:dure:sources:path-unknown", "No signal path can be made of this name.", where, "Give one, as site/area/machine/signal.");
        if (SignalId.TryParse(path, out var signal, out var why))
            return signal;
        var valid = PathProposal.Of("", path) ?? board.ProposePath(path);
        throw new ProblemException("urn:dure:sources:bad-path", why, where, valid is null ? "Write it as site/area/machine/signal." : $"A valid one is '{valid}'.");
    }

    private static Unit UnitOf(ItemAcceptance wish, Item? item, string where)
    {
        if (!string.IsNullOrWhiteSpace(wish.Unit))
            return UnitSpelling.Parse(wish.Unit, where);
        if (item is not null && ItemBoard.GuessUnit(item) is { IsCertain: true } said)
            return said.Unit;
        var guess = item is null ? null : ItemBoard.GuessUnit(item);
        throw new ProblemException("urn:dure:sources:unit-unknown",
            item?.SourceUnit is { } written ? $"The source writes the unit '{written}', which is not certain here." : "The source says no unit.", where,
            guess is null ? "Give one, such as bar, Cel or L/min; for a plain number give 1." : $"Give one; '{guess.Unit.Code}' is a guess.");
    }
}
