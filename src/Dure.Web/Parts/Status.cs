namespace Dure.Web.Parts;

/// <summary>How a thing stands.</summary>
public enum Status
{
    /// <summary>Nothing is known yet.</summary>
    Unknown,
    Good,
    Watch,
    Alarm,
}
