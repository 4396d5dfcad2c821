export default function FriendsPage() {
  return null;
}
