namespace Dure.Web;

/// <summary>What of a campaign a reader looks at; the page's address says it.</summary>
/// <param name="IsUncertainty">Whether the map shows how unsure the model is.</param>
/// <param name="Outcome">The outcome of the picture; null: the first that is wanted.</param>
/// <param name="Across">The factor across the map; null: the one that matters most.</param>
/// <param name="Up">The factor up the map.</param>
/// <param name="Trial">The trial whose making is unfolded.</param>
/// <param name="Before">Of the table of trials those before this number.</param>
public sealed record CampaignView(string Id, bool IsUncertainty, string? Outcome, string? Across, string? Up, int? Trial, int? Before)
{
    /// <summary>The address of this view.</summary>
    public string Address => Addresses.Campaign(Id) + Microsoft.AspNetCore.Http.QueryString.Create(new (string Name, string? Value)[]
    {
        ("shows", IsUncertainty ? "uncertainty" : null), ("outcome", Outcome), ("across", Across), ("up", Up), ("trial", Trial?.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("before", Before?.ToString(System.Globalization.CultureInfo.InvariantCulture)),
    }.Where(part => !string.IsNullOrEmpty(part.Value)).Select(part => KeyValuePair.Create(part.Name, part.Value)));
}
