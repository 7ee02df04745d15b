// Look-ups that choosing makes for every request, built once a directory revision: services by type, endpoints by institution.
import { isValid } from "@ruta/events";
import type { Directory, Endpoint, Service } from "@ruta/events";

/** The look-ups of one revision. */
export interface DirectoryIndex {
  /** All services of a type, whatever their validity. */
  servicesOf(serviceType: string): readonly Service[];
  /** Whether an institution has an endpoint at `at` (milliseconds). */
  isReachable(institution: string, at: number): boolean;
}

const indexes = new WeakMap<Directory, DirectoryIndex>();

/** The look-ups of a directory; a revision never changes, so they are built once. */
export function indexOf(directory: Directory): DirectoryIndex {
  const known = indexes.get(directory);
  if (known) return known;
  const services: Map<string, Service[]> = Map.groupBy(directory.all("service"), (service) => service.serviceType);
  const endpoints: Map<string, Endpoint[]> = Map.groupBy(directory.all("endpoint"), (endpoint) => endpoint.institution);
  const index: DirectoryIndex = {
    servicesOf: (serviceType) => services.get(serviceType) ?? [],
    isReachable: (institution, at) =>
      endpoints.get(institution)?.some((endpoint) => isValid(endpoint.validity, at)) ?? false,
  };
  indexes.set(directory, index);
  return index;
}
